"""
Preferences for DPO: read and checked before anything is spent.

The format is OpenAI's, one JSON object a line; see `suffice.local.preference_file`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from suffice.data import storage
from suffice.errors import BadExamples
from suffice.local.preference_file import Preference, parse_preferences
from suffice.local.training_file import MIN_EXAMPLES, BadTrainingFileError

MOST_BYTES = 512 << 20


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """What the climb may learn from, and what it must not."""

    rows: tuple[Mapping[str, Any], ...]
    """As they are uploaded, the prompt being the tuned model's own."""
    n_left_out: int
    """Those whose question is one of the dev or test examples."""


def read_preferences(source: str) -> list[Preference]:
    """
    The preferences in the files of *source*, in order.

    Raises `BadExamples` naming the file, the line and what is wrong with it.
    """
    found: list[Preference] = []
    for file in storage.find(source):
        text = storage.read_bytes(file, limit=MOST_BYTES)
        try:
            found += parse_preferences(text, min_examples=0)
        except BadTrainingFileError as refused:
            raise BadExamples(
                f"The preferences {file!r} cannot be used: {refused.message}"
            ) from None
    _enough(found, source, "")
    return found


def rows_of(
    found: Sequence[Preference], system: str, held_out: frozenset[str], source: str
) -> Preferences:
    """
    The rows to learn from: asked as the tuned model is asked, told *system* alone.

    Leaves out the questions that are *held_out*; raises `BadExamples` when fewer than
    ten are left.
    """
    kept = [p for p in found if asked_in(p) not in held_out]
    _enough(kept, source, " once those about dev and test examples are left out")
    return Preferences(
        rows=tuple(_row(preference, system) for preference in kept),
        n_left_out=len(found) - len(kept),
    )


def asked_in(preference: Preference) -> str:
    """The question, as it is compared with those of the examples."""
    return plain(str(preference.preferred[-2].get("content") or ""))


def plain(text: str) -> str:
    """Words in lower case, whatever lies between them."""
    return " ".join(text.lower().split())


def _row(preference: Preference, system: str) -> dict[str, Any]:
    asked = [
        {k: v for k, v in message.items() if k != "weight"}
        for message in preference.preferred[:-1]
        if message["role"] not in ("system", "developer")
    ]
    messages = [{"role": "system", "content": system}, *asked]
    return {
        "input": {"messages": messages},
        "preferred_output": [dict(preference.preferred[-1])],
        "non_preferred_output": [dict(preference.other[-1])],
    }


def _enough(found: Sequence[Preference], source: str, when: str) -> None:
    if len(found) < MIN_EXAMPLES:
        raise BadExamples(
            f"The preferences {source!r} are {len(found)}{when}; at least "
            f"{MIN_EXAMPLES} are needed: add some, or leave out 'method: dpo'."
        )
