"""
Passed, failed or inconclusive: the ruling on one candidate, after any score.

``look`` may be called as often as one likes: passing needs the whole sequence of
scores to have once refuted "quality is at most bar - margin" at a level made for
constant looking.  Giving up early (futility, curtailment) can cost a pass but never
grant one.

The interval that is reported is the same test turned round, so it holds at whatever
moment the measuring stops, and *passed* is just another word for
``low >= bar - margin``.  Each of its ends holds with chance ``1 - alpha``, with the
alpha of the design: all the looks at all the rungs are paid for.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from suffice.errors import UnusableInput
from suffice.results import Ruling
from suffice.statistics import binary, futility, graded
from suffice.statistics.clusters import closed_means
from suffice.statistics.designs import Design, NonInferiority, Reading, Standing
from suffice.statistics.intervals import interval
from suffice.statistics.paired import non_inferior
from suffice.statistics.power import (
    examples_more,
    expected_n,
    smallest_provable_quality,
)
from suffice.statistics.shares import alpha_share, chance_from_dev

__all__ = [
    "Design",
    "NonInferiority",
    "Standing",
    "alpha_share",
    "chance_from_dev",
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


def look(
    scores: Sequence[float],
    design: Design,
    *,
    final: bool = False,
    clusters: Sequence[str] | None = None,
    limits: bool = True,
) -> Standing:
    """
    Where a candidate stands after *scores*, in the frozen order, missing ones left out.

    *final* says that no more will come.  *clusters* names what each score belongs
    to: clusters then count once each, as the mean of their scores, and should stand
    together in the order.  Give them at every look or at none.  Without *limits* the
    ends of a look that rules nothing may be 0 and 1: they take most of the time.

    >>> design = Design(bar=0.85, margin=0.03, alpha=0.01, n_max=500)
    >>> look([1, 1, 1, 0, 1, 1, 1, 1, 1, 1], design).ruling
    >>> look([1] * 50, design).ruling
    'passed'
    >>> look([1, 0] * 20, design).ruling
    'failed'
    """
    values = _checked(scores, design)
    if not design.graded and clusters is None:
        read = binary.read(values, design)
        return _standing(values, read, design, stop=final or read.stop)
    units = closed_means(values, clusters, final=final)
    n_left = design.n_max - len(values)
    stakes = graded.bets(design.alpha, design.n_max)
    futile = futility.is_futile(
        units, design.edge, stakes, n_left=n_left, futility=design.futility
    )
    stop = final or futile
    if limits or stop or graded.rules(units, design.edge, stakes):
        read = graded.read(units, design.edge, stakes)
    else:
        read = Reading(low=0.0, high=1.0)
    return _standing(units, read, design, stop=stop)


def _checked(scores: Sequence[float], design: Design) -> Floats:
    values = np.asarray(scores, dtype=np.float64)
    if len(values) > design.n_max:
        raise UnusableInput(
            f"{len(values)} scores came for a test order of {design.n_max!r}: "
            "n_max must be the length of the whole order."
        )
    fine = (values >= 0) & (values <= 1)
    if not design.graded:
        fine &= (values == 0) | (values == 1)
    if not fine.all():
        i = int(np.argmin(fine))
        raise UnusableInput(
            f"score {i + 1} of {len(values)} is {float(values[i])!r}: it must be "
            + ("from 0 to 1." if design.graded else "0 or 1, or the design graded.")
        )
    return values


def _standing(units: Floats, read: Reading, design: Design, *, stop: bool) -> Standing:
    quality = float(units.mean()) if len(units) else 0.0
    low, high = min(read.low, quality), max(read.high, quality)
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
