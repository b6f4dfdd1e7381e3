"""
How each rung of a climb is judged: its design, fixed before the first test example.

A design may look at dev, never at test: dev says how likely the rung is to pass, and
so how much of the error it is worth and how soon it is given up.
"""

from __future__ import annotations

from suffice.brief import Brief, RungName
from suffice.measuring.choosing import Tried
from suffice.stages.climb import Climb, kept_measurements
from suffice.stages.scoring import gives_grades
from suffice.statistics.acceptance import Design, alpha_share, chance_from_dev
from suffice.statistics.shares import LATER


def prompting_attempts(brief: Brief) -> list[tuple[RungName, str]]:
    """Rung and model of each attempt short of tuning, cheapest to own first."""
    attempts: list[tuple[RungName, str]] = []
    for rung in brief.rungs:
        if rung == "floor":
            attempts.append((rung, "none"))
        elif rung != "fine-tuned":
            attempts += [(rung, model) for model in brief.models.base]
    return attempts


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
    if "fine-tuned" in climb.brief.rungs:
        attempts.append(("fine-tuned", "tuned"))
    place = (rung, "tuned" if rung == "fine-tuned" else model)
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
