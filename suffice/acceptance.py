"""
Passed, failed or inconclusive: the ruling on one candidate, after any score.

``look`` may be called as often as one likes: passing needs the whole sequence of
scores to have once refuted "quality is at most bar - margin" at a level made for
constant looking.  Giving up early (futility, curtailment) can cost a pass but never
grant one.

The interval that is reported is the same test turned round, so it holds at whatever
moment the measuring stops, and *passed* is just another word for
``low >= bar - margin``.  Each end holds with chance ``1 - alpha`` of the design.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from suffice import binary, graded
from suffice.designs import Design, NonInferiority, Standing
from suffice.errors import UnusableInput
from suffice.intervals import interval, lower
from suffice.paired import non_inferior
from suffice.power import examples_more, expected_n, smallest_provable_quality
from suffice.results import Ruling

__all__ = [
    "Design",
    "NonInferiority",
    "Standing",
    "alpha_share",
    "expected_n",
    "interval",
    "look",
    "non_inferior",
    "smallest_provable_quality",
]

Floats = npt.NDArray[np.float64]

DOUBT = 0.15
"""A candidate given up is *failed* if, were it at the bar, scores this low had at
most this chance; else it is *inconclusive*, for the test order was too short."""


def alpha_share(confidence: float, n_rungs: int, rung_index: int = 0) -> float:
    """
    Share of the error that one of *n_rungs* rungs may use.

    >>> round(alpha_share(0.95, 5), 4)
    0.01
    """
    if not 0 <= rung_index < n_rungs:
        raise UnusableInput(
            f"rung_index is {rung_index!r} of {n_rungs!r} rungs: count from 0."
        )
    return (1 - confidence) / n_rungs


def look(
    scores: Sequence[float],
    design: Design,
    *,
    final: bool = False,
    clusters: Sequence[str] | None = None,
) -> Standing:
    """
    Where a candidate stands after *scores*, in the frozen order, missing ones left out.

    *final* says that no more examples will come.

    >>> design = Design(bar=0.85, margin=0.03, alpha=0.01, n_max=500)
    >>> look([1, 1, 1, 0, 1, 1, 1, 1, 1, 1], design).ruling
    >>> look([1] * 50, design).ruling
    'passed'
    >>> look([1, 0] * 20, design).ruling
    'failed'
    """
    values = _checked(scores, design)
    if design.graded or (clusters is not None and len(set(clusters)) < len(clusters)):
        return _look_graded(values, design, final=final, clusters=clusters)
    return _look_binary(values, design, final=final)


def _checked(scores: Sequence[float], design: Design) -> Floats:
    values = np.asarray(scores, dtype=np.float64)
    wrong = ~((values >= 0) & (values <= 1))
    if not design.graded:
        wrong |= (values != 0) & (values != 1)
    if wrong.any():
        i = int(np.argmax(wrong))
        wanted = "from 0 to 1" if design.graded else "0 or 1 (or set graded)"
        raise UnusableInput(
            f"score {i + 1} of {len(values)} is {float(values[i])!r}: "
            f"it must be {wanted}."
        )
    return values


def _look_binary(values: Floats, design: Design, *, final: bool) -> Standing:
    rule = binary.boundary(design)
    n = len(values)
    if n > design.n_max:
        raise UnusableInput(
            f"{n} scores for a test order of {design.n_max}: n_max must cover them all."
        )
    right, seen = values.cumsum(), np.arange(1.0, n + 1)
    levels = rule.levels[:n]
    low = lower(right, seen, levels).max(initial=0.0)
    high = 1 - lower(seen - right, seen, levels).max(initial=0.0)
    failures = int(n - values.sum())
    futile = failures >= (rule.futile[n - 1] if n else rule.hopeless[0])
    return _standing(values, (low, high), design, stop=bool(final or futile))


def _look_graded(
    values: Floats,
    design: Design,
    *,
    final: bool,
    clusters: Sequence[str] | None,
) -> Standing:
    units = graded.closed_units(values, clusters, final=final)
    low = graded.lower_limit(units, design.alpha)
    high = 1 - graded.lower_limit(1 - units, design.alpha)
    n_left = max(design.n_max - len(values), 0)
    chance = graded.chance_to_pass(units, design.edge, design.alpha, n_left)
    futile = chance < design.futility or chance == 0.0
    return _standing(units, (low, high), design, stop=final or futile)


def _standing(
    units: Floats, ends: tuple[float, float], design: Design, *, stop: bool
) -> Standing:
    quality = float(units.mean()) if len(units) else 0.0
    low = min(float(ends[0]), quality)
    high = max(float(ends[1]), quality)
    ruling: Ruling | None = None
    if len(units) and low >= design.edge:
        ruling = "passed"
    elif high < design.edge:
        ruling = "failed"
    elif stop:
        ruling = "failed" if _speaks_against(units, design) else "inconclusive"
    more = examples_more(units, design) if ruling == "inconclusive" else None
    return Standing(
        ruling=ruling, n=len(units), quality=quality, low=low, high=high, n_more=more
    )


def _speaks_against(units: Floats, design: Design) -> bool:
    """Whether giving up deserves the word *failed*: a choice of words, no more."""
    if not len(units) or units.mean() >= design.edge:
        return False
    return interval(units.tolist(), 1 - 2 * DOUBT)[1] < design.bar
