"""Estimated tokens of the examples of a climb, for plans and estimates."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from suffice.brief import Brief
from suffice.economics.workload import MeanTokens
from suffice.examples import Example
from suffice.measuring.demonstrations import n_tokens


def mean_tokens(brief: Brief, examples: Sequence[Example]) -> MeanTokens:
    """Estimated tokens of the parts of a prompt."""
    asked = [
        n_tokens(sum(len(str(m.get("content") or "")) for m in e.messages))
        for e in examples
    ]
    return MeanTokens(
        question=fmean(asked),
        answer=fmean(n_tokens(len(e.answer)) for e in examples),
        instructions=n_tokens(len(brief.instructions)),
        tuned_instructions=n_tokens(len(brief.tuning.instructions or brief.name)),
    )
