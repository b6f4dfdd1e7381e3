"""What a learning curve takes, in the plan of a climb: jobs, and answers to dev."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from suffice.brief import Brief
from suffice.economics.plan import MeanTokens, Plan, Sizes
from suffice.economics.prices import PriceBook
from suffice.economics.training_plan import with_tuned
from suffice.learning_curve import CURVE_RUNG

LABEL = f"{CURVE_RUNG}, in parts"


def with_learning_curve(
    planned: Plan,
    brief: Brief,
    sizes: Sizes,
    tokens: MeanTokens,
    book: PriceBook,
    *,
    jobs: Sequence[float],
    **how: Any,
) -> Plan:
    """
    The plan with a row for the parts of the examples, where the brief asks for them.

    Each part is one of the *jobs*, of so many trained tokens; each model, the whole
    one too, answers all of dev.  *how* is what `plan` takes besides.
    """
    if not jobs or CURVE_RUNG not in brief.rungs:
        return planned
    alone = brief.model_copy(update={"rungs": (CURVE_RUNG,)})
    answers = Sizes(train=0, dev=0, test=(len(jobs) + 1) * sizes.dev)
    return with_tuned(planned, LABEL, alone, answers, tokens, book, jobs=jobs, **how)
