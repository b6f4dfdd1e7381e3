"""
The choice: the cheapest candidate to own among those proved good enough.

It knows no words and no verdicts; ``decide`` says it, ``flips`` asks what would change
it, ``recheck`` makes it again under other circumstances.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from suffice.economics.ownership import Ownership, Terms, own
from suffice.economics.rungs import rung_index, tuned
from suffice.results import Measured

TUNED = "fine-tuned"
_SAME = 1e-9
"""Totals closer than this, relatively, are the same money."""


@dataclass(frozen=True, kw_only=True)
class Standard:
    """What is good enough."""

    bar: float
    measured_bar: float
    """The bar the rulings were made at."""
    margin: float
    max_latency_s: float | None = None
    """Slowest 95th percentile that is acceptable; ``None``: any."""
    non_inferior: Mapping[str, bool] = field(default_factory=dict)
    """By candidate key: whether it was shown to be no worse than the incumbent."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The candidate to run, or none, and what every candidate would cost."""

    chosen: Measured | None
    acceptable: tuple[Measured, ...]
    """Proved good enough and still alive, cheapest first, unknown cost last."""
    ownership: Mapping[str, Ownership]
    """By candidate key, for all that were measured."""


def choose(measured: Sequence[Measured], terms: Terms, standard: Standard) -> Choice:
    """The cheapest to own among those good enough; the earlier rung on ties."""
    ownership = {m.candidate_key: own(m, terms) for m in measured}
    ranked = sorted(measured, key=_climb_order)
    alive = [m for m in ranked if ownership[m.candidate_key].life_months > 0]
    good = [m for m in alive if passes(m, standard)]
    good = _tuned_only_where_shown(good, ownership, standard)
    good = _cheapest_first(good, ownership)
    return Choice(
        chosen=good[0] if good else None,
        acceptable=tuple(good),
        ownership=ownership,
    )


def passes(measured: Measured, standard: Standard) -> bool:
    """
    Whether the bar is proved, also at another bar than the one it was measured at.

    At the bar it was measured at the ruling holds.  A lower or higher one is proved
    when the lower end of the interval reaches it, less the margin.  What was measured
    to be too slow passes at none.
    """
    if _too_slow(measured, standard):
        return False
    highest = measured.quality_low + standard.margin
    if measured.ruling == "passed":
        highest = max(highest, standard.measured_bar)
        return standard.bar <= highest
    return standard.bar < standard.measured_bar and standard.bar <= highest


def _too_slow(measured: Measured, standard: Standard) -> bool:
    most, took = standard.max_latency_s, measured.latency_p95_s
    return most is not None and took is not None and took > most


def is_tuned(measured: Measured) -> bool:
    """Whether a model had to be trained for it."""
    return tuned(measured.rung)


def _tuned_only_where_shown(
    good: Sequence[Measured], ownership: Mapping[str, Ownership], standard: Standard
) -> list[Measured]:
    """
    Beside a prompt that passed, a tuned model must be as good and shown to be cheaper.

    Where the prompt's price is unknown nothing can be shown to be cheaper.
    """
    prompts = [m for m in good if not is_tuned(m)]
    if not prompts:
        return list(good)
    if not any(ownership[m.candidate_key].known for m in prompts):
        return prompts
    shown = standard.non_inferior
    return [m for m in good if not is_tuned(m) or shown.get(m.candidate_key)]


def _climb_order(measured: Measured) -> int:
    return rung_index(measured.rung)


def _cheapest_first(
    good: Sequence[Measured], ownership: Mapping[str, Ownership]
) -> list[Measured]:
    left, ordered = list(good), []
    while left:
        totals = [_total(m, ownership) for m in left]
        least = min(totals)
        # The first within a hair's breadth: the earlier rung wins a tie.
        first = next(i for i, t in enumerate(totals) if t <= least * (1 + _SAME))
        ordered.append(left.pop(first))
    return ordered


def _total(measured: Measured, ownership: Mapping[str, Ownership]) -> float:
    total = ownership[measured.candidate_key].total_usd
    return math.inf if total is None else total
