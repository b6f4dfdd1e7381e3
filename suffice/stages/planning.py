"""
The plan of a climb: what it may take, before the first call.

One call for a Prefect task, like `suffice.stages.measurements`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from statistics import fmean
from typing import Any

from suffice.brief import Brief
from suffice.economics.approval import asking
from suffice.economics.curve_plan import with_learning_curve
from suffice.economics.plan import (
    Effort,
    MeanTokens,
    Pace,
    Plan,
    Sizes,
    refuse_over_budget,
    refuse_unknown_prices,
)
from suffice.economics.plan import plan as plan_of
from suffice.economics.refining_plan import with_refining
from suffice.examples import Example
from suffice.measuring.demonstrations import n_tokens
from suffice.stages.climb import Climb
from suffice.stages.judging import design
from suffice.stages.scoring_plan import with_scoring
from suffice.stages.sources import embedding_model
from suffice.stages.table import prices, today
from suffice.statistics.acceptance import smallest_provable_quality

_EMBEDDED_PACE = Pace(seconds_per_call=2.0, concurrency=16, training_tokens_per_s=250)
"""Assumed before the first call, on two CPU cores; the plan says so."""
_EMBEDDED_CPU_S = 0.5


def plan(climb: Climb) -> Plan:
    """
    Calls, dollars and minutes of every rung, before the first call.

    Raises `OverBudget` when they exceed the brief's budget; with ``auto_approve_usd``
    that is left to whoever approves it.
    """
    brief, split = climb.brief, climb.split
    embedded = brief.models.endpoint.base_url is None
    sizes = Sizes(train=len(split.train), dev=len(split.dev), test=len(split.test))
    tokens = mean_tokens(brief, split.train)
    pace = _EMBEDDED_PACE if embedded else None
    how: dict[str, Any] = {
        "on": today(),
        "effort": _effort(brief),
        "pace": pace,
        "cpu_s_per_call": _EMBEDDED_CPU_S if embedded else None,
    }
    least = smallest_provable_quality(design(climb, ""))
    book = prices(brief)
    planned = plan_of(brief, sizes, tokens, book, smallest_provable=least, **how)
    planned = with_learning_curve(planned, brief, sizes, tokens, book, **how)
    planned = with_refining(planned, brief, sizes, tokens, book, **how)
    planned = with_scoring(planned, brief, sizes, tokens, today(), pace=pace)
    if brief.auto_approve_usd is None:
        refuse_over_budget(planned, brief)
    refuse_unknown_prices(planned, brief)
    climb.journal.write(
        "plan",
        rows=[asdict(row) for row in planned.rows],
        n_calls=planned.n_calls,
        usd=planned.usd,
        seconds=planned.seconds,
        assumptions=planned.assumptions,
        approval=asking(planned, brief),
    )
    return planned


def _effort(brief: Brief) -> Effort:
    """How hard the rungs try, as far as the brief has a say in it."""
    return Effort(
        passage_tokens=float(brief.chunks.tokens),
        retrievers=1 if embedding_model(brief) is None else 2,
        search_calls=brief.optimiser.max_metric_calls if brief.optimiser else 0,
        epochs=brief.tuning.epochs or Effort().epochs,
    )


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
