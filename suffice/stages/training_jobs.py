"""The jobs of a climb beyond the first of each rung: how much each of them trains."""

from __future__ import annotations

from suffice.ladder import TUNED_RUNGS
from suffice.learning_curve import CURVE_RUNG
from suffice.stages.climb import Climb
from suffice.stages.orders import Order
from suffice.stages.preference_stage import preferences_of
from suffice.stages.training_cost import preference_tokens, trained_tokens


def curve_jobs(climb: Climb) -> list[float]:
    """Trained tokens of each part of the examples that the learning curve needs."""
    shares = climb.brief.tuning.learning_curve
    return [trained_tokens(climb, Order(rung=CURVE_RUNG, share=s)) for s in shares]


def further_jobs(climb: Climb) -> dict[str, list[float]]:
    """By rung: those of the other recipes of a search, and of the preferences."""
    brief = climb.brief
    others = range(1, brief.tuning.search)
    jobs: dict[str, list[float]] = {
        rung: [trained_tokens(climb, Order(rung=rung, variation=v)) for v in others]
        for rung in brief.rungs
        if rung in TUNED_RUNGS
    }
    if brief.tuning.method == "dpo" and CURVE_RUNG in jobs:
        rows = preferences_of(climb).rows
        jobs[CURVE_RUNG].append(preference_tokens(brief, rows))
    return jobs
