"""
The exact sequential test of a share of right answers.

After every answer the exact binomial p-value of "quality is at most the edge" is
compared with a local level.  The levels fall slowly with n, and their common factor
is set so that the chance of ever crossing, over the whole order, is alpha at the
edge: computed by a recursion over the lattice of outcomes, not simulated.  Below the
edge it is smaller still, for the same dice then show at least as many failures at
each n.  So one may look after any number of answers, as often as one likes, and resume
after a pause: whether to go on may depend on anything, and answers that are missing
do no harm as long as they are missing whatever they would have been.

The reported limits are Clopper-Pearson limits at local levels of their own, a little
stricter, because they must hold at every quality and not only at the edge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import log

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from suffice.statistics import lattice
from suffice.statistics.designs import Design, Reading

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SHAPE = -0.25
"""Local levels fall as n ** SHAPE.  Found by exact computation: for a quality of 0.92
or 0.93 against an edge of 0.82 the mean n is within 7 % of the least there can be,
and power is kept for candidates nearer to the edge."""

SAFETY = 0.8
"""The limits' levels are set for few qualities; those between them are, by the lumps
of the binomial, up to 1.1 times as likely to be missed."""

HOPE = 30.0
"""Answers at the bar that are imagined before the first: who is tried is not thought
bad, so that fewer good ones are lost to an unlucky start."""

_LUMPY = 150
"""Up to so many answers the worst quality is not near 1/2."""

_LARGE = 1000
"""P-values for more answers take megabytes, and are let go when they have been used."""

_CLOSE = 1.001
"""Levels are found to a factor of this."""


@dataclass(frozen=True, kw_only=True)
class Boundary:
    """What passes and what is futile, after n = 1 ... n_max answers."""

    table: Ints
    """Most failures with which the candidate passes at each n; -1 where none can."""
    futile: Ints
    """Fewest failures at which going on is futile at each n."""
    hopeless: Ints
    """Fewest failures at which no remaining answers could give a pass."""
    level: float
    """Local level of the test at the end of the order."""
    lower_levels: Floats
    upper_level: float
    """Local levels of the limits that are reported."""


def read(values: Floats, design: Design) -> Reading:
    """Limits and futility after these 0/1 scores; each look tightens the limits."""
    rule, n = boundary(design), len(values)
    if n == 0:
        return Reading(low=0.0, high=1.0, stop=bool(rule.hopeless[0] == 0))
    seen, right = np.arange(1.0, n + 1), values.cumsum()
    at = np.append(np.arange(design.look_every - 1, n - 1, design.look_every), n - 1)
    low = float(lower(right[at], seen[at], rule.lower_levels[at]).max())
    high = 1 - float(lower((seen - right)[at], seen[at], rule.upper_level).max())
    crossed = bool(np.any(seen - right <= rule.table[:n]))
    below = float(np.nextafter(design.edge, 0.0))
    return Reading(
        low=max(low, design.edge) if crossed else min(low, below),
        high=high,
        stop=bool(n - right[-1] >= rule.futile[n - 1]),
    )


def lower(right: Floats, n: Floats, level: float | Floats) -> Floats:
    """Exact lower limit of a share, each at its own one-sided *level*."""
    limits: Floats = np.where(
        right > 0, betaincinv(np.maximum(right, 1), n - right + 1, level), 0.0
    )
    return limits


@lru_cache(maxsize=256)
def boundary(design: Design) -> Boundary:
    """Boundary of a design for 0/1 scores, worked out once."""
    edge, n_max = design.edge, design.n_max
    levels = local_levels(edge, design.alpha, n_max, SHAPE)
    table = _tails(edge, n_max).table(levels)
    flat = level_anywhere(design.alpha, n_max)
    futile = lattice.futile_failures(
        table,
        design.futility,
        right=HOPE * design.bar + design.dev_right,
        wrong=HOPE * (1 - design.bar) + design.dev_wrong,
    )
    hopeless = np.maximum.accumulate(table[::-1])[::-1] + 1
    if n_max > _LARGE:
        _latest.clear()
    return Boundary(
        table=table,
        hopeless=hopeless,
        futile=np.minimum(futile, hopeless),
        level=float(levels[-1]),
        lower_levels=np.minimum(SAFETY * levels, flat),
        upper_level=flat,
    )


@lru_cache(maxsize=256)
def local_levels(edge: float, alpha: float, n_max: int, shape: float) -> Floats:
    """Levels with which crossing at any n has chance *alpha*, or just under it."""
    falling: Floats = np.arange(1.0, n_max + 1) ** shape
    tails = _tails(edge, n_max)

    def chance(factor: float) -> float:
        return lattice.chance_to_cross(edge, tails.table(factor * falling))

    # By Boole's inequality the first is safe whatever the answers.
    return falling * _largest(chance, alpha, alpha / n_max, alpha / falling[-1])


def _largest(
    chance: Callable[[float], float], alpha: float, safe: float, high: float
) -> float:
    """
    Largest factor, to `_CLOSE`, whose chance is *alpha* at most; *safe* is one.

    The chance rises in steps, by and large as a power of the factor: regula falsi on
    logarithms, with a halving wherever that moved one end only.
    """
    at_high, at_safe, stuck = chance(high), 0.0, False
    if at_high <= alpha:
        return high
    while high / safe > _CLOSE:
        middle = (safe * high) ** 0.5
        if not stuck:
            rise = log(high / safe) / log(at_high / at_safe) if at_safe > 0 else 1.0
            middle = high * (alpha / at_high) ** rise
            # A hair below: what is safe is an answer, what is not only bounds it.
            middle = min(max(middle / _CLOSE**0.5, safe * _CLOSE), high / _CLOSE**0.5)
        before, found = high / safe, chance(middle)
        if found <= alpha:
            safe, at_safe = middle, found
        else:
            high, at_high = middle, found
        stuck = high / safe > before**0.5
    return safe


@lru_cache(maxsize=256)
def level_anywhere(alpha: float, n_max: int) -> float:
    """A level that is the same at each n, and holds whatever the quality."""
    qualities = np.arange(0.1, 0.51, 0.05) if n_max <= _LUMPY else np.array([0.5])
    spent = SAFETY * alpha
    found = [local_levels(float(p), spent, n_max, 0.0)[0] for p in qualities]
    return float(min(found))


_latest: dict[tuple[float, int], lattice.Tails] = {}


def _tails(edge: float, n_max: int) -> lattice.Tails:
    """Large and quickly made: the last is kept, for those who ask in a row."""
    found = _latest.get((edge, n_max))
    if found is None:
        # A cache of one would hold the old and the new at once while making it.
        _latest.clear()
        found = _latest[edge, n_max] = lattice.Tails(edge, n_max)
    return found
