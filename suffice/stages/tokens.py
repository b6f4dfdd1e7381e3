"""Estimated tokens of the examples of a climb, for plans and estimates."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from suffice.brief import Brief
from suffice.economics.workload import MeanTokens
from suffice.examples import Example
from suffice.measuring.demonstrations import n_tokens

_PER_MESSAGE, _PER_ROW = 4, 3
"""What OpenAI counts beside the texts: see num_tokens_from_messages in
https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken."""


def mean_tokens(brief: Brief, examples: Sequence[Example]) -> MeanTokens:
    """Estimated tokens of the parts of a prompt, and of a row to learn from."""
    asked = [
        text_tokens("".join(str(m.get("content") or "") for m in e.messages))
        for e in examples
    ]
    # With the instructions and the answer.
    n_messages = fmean(len(e.messages) + 2 for e in examples)
    return MeanTokens(
        question=fmean(asked),
        answer=fmean(text_tokens(e.answer) for e in examples),
        instructions=text_tokens(brief.instructions),
        tuned_instructions=text_tokens(brief.tuning.instructions or brief.name),
        framing=_PER_MESSAGE * n_messages + _PER_ROW,
    )


def text_tokens(text: str) -> int:
    """
    Tokens of *text*, rather too many: some ASCII characters make one, any other alone.

    >>> text_tokens("Where is my card?"), text_tokens("我的卡在哪里？")
    (4, 7)
    """
    n_ascii = len(text.encode("ascii", "ignore"))
    return n_tokens(n_ascii) + len(text) - n_ascii
