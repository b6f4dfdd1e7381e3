"""What a learning curve takes, in the plan of a climb: jobs, and answers to dev."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from suffice.brief import Brief
from suffice.economics.plan import MeanTokens, Plan, Sizes, plan
from suffice.economics.prices import PriceBook
from suffice.learning_curve import CURVE_RUNG

LABEL = f"{CURVE_RUNG}, in parts"


def with_learning_curve(
    planned: Plan,
    brief: Brief,
    sizes: Sizes,
    tokens: MeanTokens,
    book: PriceBook,
    **how: Any,
) -> Plan:
    """
    The plan with a row for the parts of the examples, where the brief asks for them.

    Each part is a training job; each model, the whole one too, answers all of dev.
    *how* is what `plan` takes besides.
    """
    shares = brief.tuning.learning_curve
    if not shares or CURVE_RUNG not in brief.rungs:
        return planned
    parts = Sizes(
        train=sum(max(1, round(share * sizes.train)) for share in shares),
        dev=0,
        test=(len(shares) + 1) * sizes.dev,
    )
    prepared = brief.tuning.model_copy(update={"prepare_usd": 0.0})
    alone = brief.model_copy(update={"rungs": (CURVE_RUNG,), "tuning": prepared})
    rows = plan(alone, parts, tokens, book, **how).rows
    named = [replace(row, rung=LABEL, smallest_provable=None) for row in rows]
    return replace(planned, rows=(*planned.rows, *named))
