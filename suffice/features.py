"""
The examples as a small table of numbers, one row for each line that was read.

The expectations speak of this table, never of the text.  A value that does not apply
to a row (what roles has a line that is no JSON?) is null and is not judged.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from suffice.examples import Example
from suffice.parsing import Kind, Problem
from suffice.reading import ReadExamples
from suffice.sensitive import describe, scan
from suffice.splitting import Divided
from suffice.tool_calls import mismatch
from suffice.twins import Twins

if TYPE_CHECKING:
    import pandas as pd

BYTES_PER_TOKEN = 3.5
"""Of English prose and JSON, on the safe side; exact counts differ by model."""
MESSAGE_TOKENS = 4
"""What marks the start and end of one message takes."""

_COLUMN_OF: Mapping[Kind, str] = {
    "unreadable": "readable",
    "shape": "shape_ok",
    "roles": "roles_ok",
    "last-message": "ends_assistant",
    "empty": "not_empty",
}
_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")
_FLAGS = ("duplicate", "near_duplicate", "conflict", "leaked", "removed")
_TRAITS = ("secret", "personal", "call_mismatch")
MARKS = ("off_form", "label_suspect")
"""Flags that only the whole set can give; see `features`."""
_TEXTS = (
    "where",
    "detail",
    *(f"{flag}_of" for flag in _FLAGS),
    *(f"{trait}_detail" for trait in (*_TRAITS, *MARKS)),
)
COLUMNS = (
    "where",
    "detail",
    *_COLUMN_OF.values(),
    "usable",
    "in_train",
    "in_dev",
    "in_test",
    "n_messages",
    "question_chars",
    "answer_chars",
    "tokens",
    "trained",
    "control_characters",
    "reviewed",
    *(name for flag in _FLAGS for name in (flag, f"{flag}_of")),
    *(name for trait in (*_TRAITS, *MARKS) for name in (trait, f"{trait}_detail")),
)
"""
Columns of the table, flags as 0 and 1.

``where`` file and line; ``detail`` why the line is no example; ``…_of`` the file and
line of the other row that a flag speaks of; ``tokens`` an estimate from the bytes;
``trained`` whether any answer has a weight; ``removed`` taken out of train and dev
because it gives away a test example; ``leaked`` still in there; ``reviewed`` null where
not said; ``secret``, ``personal`` and ``call_mismatch`` with what was found, never with
the text itself.
"""


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What the table is made from."""

    reads: tuple[ReadExamples, ...]
    """The sources, test first where there is one of its own."""
    twins: Twins
    """Of all examples in that order."""
    divided: Divided


def features(
    examined: Examined, marks: Mapping[str, Mapping[int, str]] | None = None
) -> pd.DataFrame:
    """
    The table: examples in the order of the sources, then the lines that are none.

    *marks* gives for each of `MARKS` the index of every row concerned, and the detail.
    """
    import pandas as pd

    everything = [e for read in examined.reads for e in read.examples]
    relations = _relations(everything, examined)
    parts = zip(everything, relations, _traits(everything), strict=True)
    rows = [
        {**_measure(e), **relation, **traits, **_marked(i, marks or {})}
        for i, (e, relation, traits) in enumerate(parts)
    ]
    problems = [p for read in examined.reads for p in read.problems]
    frame = pd.DataFrame([*rows, *map(_problem_row, problems)], columns=[*COLUMNS])
    numbers = frame.columns.difference([*_TEXTS])
    return frame.astype(dict.fromkeys(numbers, "float64"))


def _problem_row(problem: Problem) -> dict[str, Any]:
    row: dict[str, Any] = {
        **dict.fromkeys(_TEXTS, ""),
        "where": problem.where,
        "detail": problem.message,
        "readable": problem.kind != "unreadable",
        "usable": 0,
    }
    row[_COLUMN_OF[problem.kind]] = 0
    return row | {"in_train": 0, "in_dev": 0, "in_test": 0}


def _measure(example: Example) -> dict[str, Any]:
    """What one example says about itself."""
    texts = [example.system or "", *map(_text, example.messages), example.answer]
    n_messages = len(example.messages) + 1 + (example.system is not None)
    return {
        **dict.fromkeys(_TEXTS, ""),
        "where": example.where,
        **dict.fromkeys(_COLUMN_OF.values(), 1),
        "usable": 1,
        "n_messages": n_messages,
        "question_chars": len(example.question),
        "answer_chars": len(example.answer),
        "tokens": tokens(example),
        "trained": example.weight != 0 or _any_weight(example),
        "control_characters": any(_CONTROL.search(t) for t in texts),
        "reviewed": example.reviewed,
    }


def _traits(everything: Sequence[Example]) -> Iterator[dict[str, Any]]:
    """What must not be in an example."""
    # A system message mostly is the same in every row: it is looked at once.
    systems = sorted({e.system for e in everything if e.system})
    of_system = {systems[i]: hits for i, hits in scan(systems).items()}
    of_text = scan([_whole(e) for e in everything])
    for i, example in enumerate(everything):
        hits = [*of_system.get(example.system or "", ()), *of_text.get(i, ())]
        details = {
            "secret": describe(h for h in hits if h.kind.secret),
            "personal": describe(h for h in hits if not h.kind.secret),
            "call_mismatch": mismatch(example),
        }
        yield {trait: bool(text) for trait, text in details.items()} | {
            f"{trait}_detail": text for trait, text in details.items()
        }


def _marked(i: int, marks: Mapping[str, Mapping[int, str]]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for mark in MARKS:
        known = marks.get(mark, {})
        row |= {mark: i in known, f"{mark}_detail": known.get(i, "")}
    return row


def _whole(example: Example) -> str:
    """All texts of an example but its system message."""
    texts = [*map(_text, example.messages), example.answer, *example.references]
    return "\n".join(texts)


def tokens(example: Example) -> int:
    """Tokens of one example, estimated from its bytes."""
    texts = [example.system or "", *map(_text, example.messages), example.answer]
    n_messages = len(example.messages) + 1 + (example.system is not None)
    n_bytes = sum(len(t.encode()) for t in texts)
    return round(n_bytes / BYTES_PER_TOKEN) + MESSAGE_TOKENS * n_messages


def _text(message: Mapping[str, Any]) -> str:
    text = str(message.get("content") or "")
    calls = message.get("tool_calls")
    return text + json.dumps(calls, ensure_ascii=False) if calls else text


def _any_weight(example: Example) -> bool:
    return any(
        m["role"] == "assistant" and m.get("weight", 1) != 0 for m in example.messages
    )


def _relations(
    everything: Sequence[Example], examined: Examined
) -> Iterator[dict[str, Any]]:
    """What each example is to the others."""
    twins, divided = examined.twins, examined.divided
    asked: dict[tuple[object, ...], dict[str, int]] = defaultdict(dict)
    for i, example in enumerate(everything):
        first, part = twins.copy_of[i], divided.parts[i]
        tools = json.dumps(example.tools, sort_keys=True)
        answers = asked[first if first >= 0 else i, example.system, tools]
        same, other = _earlier_answers(answers, i, everything)
        used = part in ("train", "dev")
        row: dict[str, Any] = {f"in_{p}": part == p for p in ("train", "dev", "test")}
        others = (
            same,
            twins.twin_of[i],
            other,
            twins.leak_of[i] if used else -1,
            divided.gives_away.get(i, -1),
        )
        for flag, j in zip(_FLAGS, others, strict=True):
            row[flag] = j >= 0
            row[f"{flag}_of"] = everything[j].where if j >= 0 else ""
        yield row


def _earlier_answers(
    answers: dict[str, int], i: int, everything: Sequence[Example]
) -> tuple[int, int]:
    """
    Earlier rows that ask the same as row *i*: one that agrees and one that does not.

    *answers* holds each answer that was given so far, and gains this one.
    """
    mine = _plain(everything[i].answer)
    allowed = {mine, *map(_plain, everything[i].references)}
    same = answers.get(mine, -1)
    other = -1
    for given, j in answers.items():
        if given not in allowed and mine not in map(_plain, everything[j].references):
            other = j
            break
    answers.setdefault(mine, i)
    return same, other


def _plain(answer: str) -> str:
    try:
        value = json.loads(answer)
    except (ValueError, RecursionError):
        return " ".join(answer.casefold().split())
    return json.dumps(value, sort_keys=True)
