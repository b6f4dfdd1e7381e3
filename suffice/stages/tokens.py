"""Tokens of the examples of a climb, for plans and estimates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

from suffice.brief import Brief
from suffice.data.tokens import TokenCounter
from suffice.economics.workload import MeanTokens
from suffice.examples import Example

_PER_MESSAGE, _PER_ROW = 4, 3
"""What OpenAI counts beside the texts: see num_tokens_from_messages in
https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken."""


def mean_tokens(brief: Brief, examples: Sequence[Example]) -> MeanTokens:
    """
    Tokens of the parts of a prompt, and of a row to learn from.

    Every text is counted, as the model to be tuned counts or rather more: a guess by
    the characters is far too low for code, logs and JSON.
    """
    count = counter(brief).count
    asked = [sum(map(count, _texts(e))) for e in examples]
    # With the instructions and the answer.
    n_messages = fmean(len(e.messages) + 2 for e in examples)
    return MeanTokens(
        question=fmean(asked),
        answer=fmean(count(e.answer) for e in examples),
        instructions=count(brief.instructions),
        tuned_instructions=count(brief.tuning.instructions or brief.name),
        framing=_PER_MESSAGE * n_messages + _PER_ROW,
    )


def _texts(example: Example) -> Iterator[str]:
    """What is sent of an example: its messages, their calls and its tools."""
    for message in example.messages:
        yield str(message.get("content") or "")
        if message.get("tool_calls"):
            yield json.dumps(message["tool_calls"])
    if example.tools:
        yield json.dumps([dict(tool) for tool in example.tools])


def counter(brief: Brief) -> TokenCounter:
    """Counts as the model to be tuned does; where none is, as the first base."""
    return TokenCounter(brief.models.tunable or brief.models.base[0])


def row_tokens(counter: TokenCounter, messages: Sequence[Mapping[str, Any]]) -> float:
    """Tokens of a training row as OpenAI counts them, but for its tools."""
    texts = (str(m.get("content") or "") for m in messages)
    return _PER_ROW + sum(_PER_MESSAGE + counter.count(text) for text in texts)
