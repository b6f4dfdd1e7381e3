"""
The plan of a climb: what it may take, before the first call.

One call for a Prefect task, like `suffice.stages.measurements`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, replace
from typing import Any

from suffice.brief import Brief
from suffice.economics.approval import asking
from suffice.economics.curve_plan import with_learning_curve
from suffice.economics.plan import (
    Effort,
    Pace,
    Plan,
    Sizes,
    refuse_over_budget,
    refuse_unknown_prices,
    training_row,
)
from suffice.economics.plan import plan as plan_of
from suffice.economics.refining_plan import with_refining
from suffice.ladder import RungName
from suffice.stages.climb import Climb
from suffice.stages.hosting_plan import with_hosting
from suffice.stages.judging import design
from suffice.stages.means import given_schema
from suffice.stages.orders import Order, epochs_of, trains_here, validations_of
from suffice.stages.scoring import try_scorers
from suffice.stages.scoring_plan import with_scoring
from suffice.stages.sources import embedding_model
from suffice.stages.table import prices, today
from suffice.stages.tokens import mean_tokens
from suffice.stages.training_cost import most_usd, trained_tokens
from suffice.stages.training_jobs import curve_jobs, further_jobs
from suffice.statistics.acceptance import smallest_provable_quality
from suffice.tuning.estimates import CPU_S_PER_TOKEN

_EMBEDDED_PACE = Pace(
    seconds_per_call=2.0,
    concurrency=16,
    training_tokens_per_s=250,
    training_cpu_s_per_token=CPU_S_PER_TOKEN,
)
"""Assumed before the first call, on two CPU cores; the plan says so."""
_EMBEDDED_CPU_S = 0.5


def plan(climb: Climb) -> Plan:
    """
    Calls, dollars and minutes of every rung, before the first call.

    Raises `OverBudget` when they exceed the brief's budget; with ``auto_approve_usd``
    that is left to whoever approves it.
    """
    try_scorers(climb.brief, climb.split)
    given_schema(climb.brief)
    return _told(climb, planned(climb))


def planned(climb: Climb, stored: Collection[tuple[str, str]] = ()) -> Plan:
    """
    The same without a word to anyone, whatever it costs.

    The answers to rungs with models in *stored* are there already: they cost nothing.
    """
    brief, split = climb.brief, climb.split
    sizes = Sizes(train=len(split.train), dev=len(split.dev), test=len(split.test))
    tokens, book, pace = mean_tokens(brief, split.train), prices(brief), _pace(brief)
    how: dict[str, Any] = {
        "on": today(),
        "effort": _effort(brief, sizes.train),
        "pace": pace,
        "cpu_s_per_call": _EMBEDDED_CPU_S if pace is _EMBEDDED_PACE else None,
    }
    least = smallest_provable_quality(design(climb, ""))
    found = plan_of(brief, sizes, tokens, book, smallest_provable=least, **how)
    rows = tuple(row for row in found.rows if (row.rung, row.model) not in stored)
    if not rows:
        return replace(found, rows=())
    asked = {row.rung for row in rows}
    rungs = tuple(rung for rung in brief.rungs if rung in asked)
    climb = replace(climb, brief=brief.model_copy(update={"rungs": rungs}))
    found, brief = replace(found, rows=rows), climb.brief
    parts, more = curve_jobs(climb), further_jobs(climb)
    found = with_learning_curve(found, brief, sizes, tokens, book, jobs=parts, **how)
    found = with_refining(found, brief, sizes, tokens, book, jobs=more, **how)
    found = with_scoring(found, brief, sizes, tokens, today(), pace=pace)
    return with_hosting(found, brief)


def plan_training(climb: Climb, rung: RungName) -> Plan:
    """
    The plan of training for *rung* and nothing else: its one job.

    Raises `OverBudget` as `plan` does, and `TrainingUnavailable` where nothing can be
    trained or nobody knows what it costs.
    """
    brief = climb.brief
    order = Order(rung=rung)
    most_usd(climb, order)
    row = training_row(
        rung,
        f"ft:{brief.models.tunable}",
        trained_tokens(climb, order),
        prices(brief),
        today(),
        brief=brief,
        pace=_pace(brief),
    )
    planned = Plan(rows=(row,), budget_usd=brief.budget_usd, what="training")
    return _told(climb, planned)


def _told(climb: Climb, planned: Plan) -> Plan:
    """Refused where nobody is asked and it is too much; else written down."""
    brief = climb.brief
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


def _effort(brief: Brief, n_train: int) -> Effort:
    """How hard the rungs try, as far as the brief has a say in it."""
    epochs = epochs_of(brief, n_train)
    return Effort(
        passage_tokens=float(brief.chunks.tokens),
        retrievers=1 if embedding_model(brief) is None else 2,
        search_calls=brief.optimiser.max_metric_calls if brief.optimiser else 0,
        epochs=epochs,
        validations=validations_of(brief, epochs),
    )


def _pace(brief: Brief) -> Pace | None:
    """``None``: nothing is known of it."""
    if brief.models.endpoint.base_url is None:
        return _EMBEDDED_PACE
    if trains_here(brief):
        # Our own trainer, beside a server whose pace of answering is not known.
        return replace(_EMBEDDED_PACE, seconds_per_call=Pace().seconds_per_call)
    return None
