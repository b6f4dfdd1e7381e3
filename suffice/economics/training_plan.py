"""Rows of a plan for what is trained beside the model of a rung: jobs, and answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from suffice.brief import Brief
from suffice.economics.plan import MeanTokens, Plan, Sizes, plan, training_row
from suffice.economics.planned import together
from suffice.economics.prices import PriceBook


def with_tuned(
    planned: Plan,
    label: str,
    alone: Brief,
    answers: Sizes,
    tokens: MeanTokens,
    book: PriceBook,
    *,
    jobs: Sequence[float] = (),
    **how: Any,
) -> Plan:
    """
    The plan with a row called *label*: the *answers* of tuned models, and their jobs.

    *alone* is the brief with the one tuned rung they belong to, *jobs* the trained
    tokens of each job: one at a time, for each may have a least charge.
    """
    rows = plan(alone, answers, tokens, book, **how).rows
    if not rows:
        return planned
    on, pace = how["on"], how.get("pace")
    trained = [
        training_row(label, rows[0].model, n, book, on, brief=alone, pace=pace)
        for n in jobs
    ]
    return replace(planned, rows=(*planned.rows, together(label, [*rows, *trained])))
