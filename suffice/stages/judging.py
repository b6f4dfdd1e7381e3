"""
How each rung of a climb is judged: its design, fixed before the first test example.

A design may look at dev, never at test: dev says how likely the rung is to pass, and
so how much of the error it is worth and how soon it is given up.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

from suffice.brief import Brief
from suffice.economics.own_prices import prices_of
from suffice.ladder import TUNED_RUNGS, RungName
from suffice.measuring.rivals import Tried
from suffice.stages.climb import Climb, kept_measurements
from suffice.stages.scoring import gives_grades
from suffice.statistics.acceptance import Design, alpha_share, chance_from_dev
from suffice.statistics.shares import LATER

_USUAL_INPUT, _USUAL_OUTPUT = 1000, 100
"""Tokens of a usual request, by which models are put in order."""


def prompting_attempts(brief: Brief) -> list[tuple[RungName, str]]:
    """Rung and model of each attempt short of tuning, cheapest to own first."""
    attempts: list[tuple[RungName, str]] = []
    models = cheapest_first(brief)
    for rung in brief.rungs:
        if rung == "floor":
            attempts.append((rung, "none"))
        elif rung not in TUNED_RUNGS:
            attempts += [(rung, model) for model in models]
    return attempts


def tuned_attempts(brief: Brief) -> list[RungName]:
    """The rungs for which a model would have to be trained, in the brief's order."""
    if brief.models.tunable is None:
        return []
    return [rung for rung in brief.rungs if rung in TUNED_RUNGS]


def cheapest_first(brief: Brief) -> list[str]:
    """The brief's models by price; those of equal or unknown price in its order."""
    book = prices_of(brief)
    on = datetime.now(UTC).date()

    def usd(model: str) -> float:
        price = book.price(model, on)
        if price is None:
            return math.inf
        known = price.usd(input_tokens=_USUAL_INPUT, output_tokens=_USUAL_OUTPUT)
        return math.inf if known is None else known

    return sorted(brief.models.base, key=usd)


def design(
    climb: Climb, rung: str, model: str = "none", tried: Tried | None = None
) -> Design:
    """The design of *rung* with *model*, given how its candidate did on dev."""
    brief = climb.brief
    n_dev, right = _dev(tried)
    return Design(
        bar=brief.bar,
        margin=brief.margin,
        alpha=_alpha(climb, rung, model, tried),
        n_max=len(climb.split.test),
        graded=gives_grades(brief),
        dev_right=right,
        dev_wrong=n_dev - right,
    )


def _alpha(climb: Climb, rung: str, model: str, tried: Tried | None) -> float:
    """Its share of the error, from the dev results of the rungs up to it alone."""
    attempts: list[tuple[str, str]] = [*prompting_attempts(climb.brief)]
    attempts += [(tuned, "tuned") for tuned in tuned_attempts(climb.brief)]
    place = (rung, "tuned" if rung in TUNED_RUNGS else model)
    index = attempts.index(place) if place in attempts else 0
    before = {(m.rung, m.model): m for m in kept_measurements(climb)}
    chances = []
    for attempt in attempts[:index]:
        m = before.get(attempt)
        known = m is not None and m.dev_quality is not None
        chances.append(
            _chance(climb, m.dev_quality or 0.0, m.dev_n) if m and known else LATER
        )
    n_dev, right = _dev(tried)
    chances.append(_chance(climb, right / n_dev, n_dev) if n_dev else LATER)
    return alpha_share(climb.brief.confidence, len(attempts), index, chances=chances)


def _chance(climb: Climb, quality: float, n: int) -> float:
    return chance_from_dev([quality] * n, climb.brief.bar)


def _dev(tried: Tried | None) -> tuple[int, float]:
    """How many dev examples its candidate was tried on, and how many it got right."""
    if tried is None or tried.quality is None:
        return 0, 0.0
    return tried.n, tried.quality * tried.n
