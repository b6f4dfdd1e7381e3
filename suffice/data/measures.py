"""
What the texts of the examples hold and how long they are, in one pass over them.

A system message is mostly the same in every row; it is looked at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suffice.data.sensitive import Hit, find, stops
from suffice.examples import Example

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

BYTES_PER_TOKEN = 3.5
"""Of English prose and JSON, on the safe side; exact counts differ by model."""
MESSAGE_TOKENS = 4
"""What marks the start and end of one message takes."""
_CONTROL = r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\x{fffd}]"
_BATCH = 20_000


@dataclass(frozen=True, kw_only=True)
class Measures:
    """One value for each example, in their order."""

    tokens: npt.NDArray[np.float32]
    """Of the whole chat, estimated from its bytes."""
    control: npt.NDArray[np.bool_]
    """Whether it holds control or replacement characters."""
    hits: Mapping[int, tuple[Hit, ...]]
    """Secrets and personal data, by the index of the example that has any."""


def measure_texts(examples: Sequence[Example]) -> Measures:
    """Lengths, control characters, secrets and personal data of *examples*."""
    import numpy as np

    tokens = np.zeros(len(examples), dtype=np.float32)
    control = np.zeros(len(examples), dtype=np.bool_)
    hits: dict[int, tuple[Hit, ...]] = {}
    for start in range(0, len(examples), _BATCH):
        rows = examples[start : start + _BATCH]
        texts = [_said(e) for e in rows]
        sizes, odd, stopped = _look(texts)
        counts = [len(e.messages) + 1 for e in rows]
        end = start + len(rows)
        tokens[start:end] = sizes / BYTES_PER_TOKEN + MESSAGE_TOKENS * np.array(counts)
        control[start:end] = odd
        for k in stopped:
            found = find(texts[k])
            if found:
                hits[start + k] = tuple(found)
    _add_systems(examples, tokens, control, hits)
    _add_references(examples, hits)
    return Measures(tokens=tokens, control=control, hits=hits)


def _said(example: Example) -> str:
    """All that is said in a chat, but for the system message."""
    if len(example.messages) == 1:
        return f"{example.messages[0]['content']}\n{example.answer}"
    return "\n".join([*map(_text, example.messages), example.answer])


def _text(message: Mapping[str, object]) -> str:
    text = str(message.get("content") or "")
    calls = message.get("tool_calls")
    return text + json.dumps(calls, ensure_ascii=False) if calls else text


def _look(
    texts: Sequence[str],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], list[int]]:
    """Bytes, control characters, and which texts may hold what is sensitive."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = pa.array(texts, pa.large_string())
    odd = pc.match_substring_regex(column, _CONTROL)
    sizes = pc.binary_length(column).to_numpy(zero_copy_only=False)
    return sizes, odd.to_numpy(zero_copy_only=False), stops(column)


def _add_systems(
    examples: Sequence[Example],
    tokens: npt.NDArray[np.float32],
    control: npt.NDArray[np.bool_],
    hits: dict[int, tuple[Hit, ...]],
) -> None:
    systems = sorted({e.system for e in examples if e.system})
    if not systems:
        return
    sizes, odd, stopped = _look(systems)
    found = {k: tuple(find(systems[k])) for k in stopped}
    place = {system: k for k, system in enumerate(systems)}
    for i, example in enumerate(examples):
        if example.system:
            k = place[example.system]
            tokens[i] += sizes[k] / BYTES_PER_TOKEN + MESSAGE_TOKENS
            control[i] |= odd[k]
            if found.get(k):
                hits[i] = found[k] + hits.get(i, ())


def _add_references(
    examples: Sequence[Example], hits: dict[int, tuple[Hit, ...]]
) -> None:
    for i, example in enumerate(examples):
        found = [hit for text in example.references for hit in find(text)]
        if found:
            hits[i] = (*hits.get(i, ()), *found)
