"""
What the texts of the examples hold and how long they are, in one pass over them.

A system message is mostly the same in every row; it is looked at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

from suffice.data.sensitive import Hit, find, stops
from suffice.data.tokens import SAMPLED, TokenCounter, TokenRules, lengths
from suffice.examples import Example

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

MESSAGE_TOKENS = 4
"""What marks the start and end of one message takes."""
_CONTROL = r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\x{fffd}]"
_BATCH = 20_000
_MOST_COUNTED = 20_000
"""Rows near a limit that are counted one by one."""


@dataclass(frozen=True, kw_only=True)
class Measures:
    """One value for each example, in their order."""

    tokens: npt.NDArray[np.float32]
    """Of the whole chat; see `token_error`."""
    token_error: float
    """Half the width of the 95 % interval of their sum, as a share; 0: counted."""
    counted_by: str
    """What the tokens are counted with."""
    control: npt.NDArray[np.bool_]
    """Whether it holds control or replacement characters."""
    hits: Mapping[int, tuple[Hit, ...]]
    """Secrets and personal data, by the index of the example that has any."""


def measure_texts(
    examples: Sequence[Example], rules: TokenRules | None = None, *, seed: int = 7
) -> Measures:
    """Lengths, control characters, secrets and personal data of *examples*."""
    import numpy as np

    rules = rules or TokenRules()
    counter = TokenCounter(rules.model)
    sizes = np.zeros(len(examples), dtype=np.int64)
    control = np.zeros(len(examples), dtype=np.bool_)
    hits: dict[int, tuple[Hit, ...]] = {}
    for start in range(0, len(examples), _BATCH):
        texts = [_said(e) for e in examples[start : start + _BATCH]]
        end = start + len(texts)
        sizes[start:end], control[start:end], stopped = _look(texts)
        for k in stopped:
            found = find(texts[k])
            if found:
                hits[start + k] = tuple(found)
    said = lengths(_Said(examples), sizes, counter, seed=seed, exact=rules.exact)
    tokens = said.each + MESSAGE_TOKENS * np.array(
        [len(e.messages) + 1 for e in examples]
    )
    _count_long(examples, tokens, counter, rules)
    _add_systems(examples, tokens, control, hits, counter)
    _add_tools(examples, tokens, counter)
    _add_references(examples, hits)
    return Measures(
        tokens=tokens.astype(np.float32),
        token_error=said.error,
        counted_by=counter.name,
        control=control,
        hits=hits,
    )


class _Said(Sequence[str]):
    """The chats as texts, made when asked for: all of them would fill the memory."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self._examples = examples

    def __len__(self) -> int:
        return len(self._examples)

    @overload
    def __getitem__(self, i: int) -> str: ...
    @overload
    def __getitem__(self, i: slice) -> Sequence[str]: ...
    def __getitem__(self, i: int | slice) -> str | Sequence[str]:
        if isinstance(i, slice):
            return _Said(self._examples[i])
        return _said(self._examples[i])


def _count_long(
    examples: Sequence[Example],
    tokens: Floats,
    counter: TokenCounter,
    rules: TokenRules,
) -> None:
    """Count what an estimate could put on the wrong side of a limit."""
    import numpy as np

    limits = [t for t in (rules.context_tokens, rules.training_tokens) if t]
    if not limits:
        return
    near = np.flatnonzero((tokens > 0.5 * min(limits)) & (tokens < 2 * max(limits)))
    for i in near[:_MOST_COUNTED].tolist():
        overhead = MESSAGE_TOKENS * (len(examples[i].messages) + 1)
        tokens[i] = counter.count(_said(examples[i])) + overhead


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
    tokens: Floats,
    control: npt.NDArray[np.bool_],
    hits: dict[int, tuple[Hit, ...]],
    counter: TokenCounter,
) -> None:
    systems = sorted({e.system for e in examples if e.system})
    if not systems:
        return
    _, odd, stopped = _look(systems)
    found = {k: tuple(find(systems[k])) for k in stopped}
    place = {system: k for k, system in enumerate(systems)}
    for i, example in enumerate(examples):
        if example.system:
            k = place[example.system]
            tokens[i] += counter.count_often(example.system) + MESSAGE_TOKENS
            control[i] |= odd[k]
            if found.get(k):
                hits[i] = found[k] + hits.get(i, ())


def _add_tools(
    examples: Sequence[Example], tokens: Floats, counter: TokenCounter
) -> None:
    """
    What the declared functions take, counted as JSON.

    A provider writes them in a form of its own that is rather shorter.  Of more
    different declarations than are sampled elsewhere, the rest is taken by its length.
    """
    known: dict[str, float] = {}
    n_tokens = n_chars = 0.0
    for i, example in enumerate(examples):
        if not example.tools:
            continue
        text = json.dumps(example.tools, ensure_ascii=False)
        if text not in known and len(known) < SAMPLED:
            known[text] = counter.count(text)
            n_tokens, n_chars = n_tokens + known[text], n_chars + len(text)
        tokens[i] += known.get(text, len(text) * n_tokens / n_chars)


def _add_references(
    examples: Sequence[Example], hits: dict[int, tuple[Hit, ...]]
) -> None:
    for i, example in enumerate(examples):
        found = [hit for text in example.references for hit in find(text)]
        if found:
            hits[i] = (*hits.get(i, ()), *found)
