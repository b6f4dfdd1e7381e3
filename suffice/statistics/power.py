"""What a design can prove, and what it will cost, before anything is spent."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from suffice.statistics import binary, futility, graded
from suffice.statistics.designs import Design

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST = 20_000
"""Most further examples worth suggesting."""


def smallest_provable_quality(design: Design, power: float = 0.8) -> float:
    """
    Quality from which a candidate passes with a chance of at least *power*.

    1.0 when nothing less would do, or not even that.  For graded scores it is the
    figure for 0/1 scores of that mean, the most scattered ones: an upper bound.

    >>> smallest_provable_quality(Design(bar=0.85, margin=0.03, alpha=0.01, n_max=500))
    0.883
    """
    low, high = design.edge, 1.0
    for _ in range(14):
        middle = (low + high) / 2
        if pass_chance(middle, design) >= power:
            high = middle
        else:
            low = middle
    return math.ceil(high * 1000) / 1000


def pass_chance(quality: float, design: Design) -> float:
    """Chance that a candidate of this quality passes, futility included."""
    return float(_endings(quality, design)[0].sum())


def expected_n(quality: float, design: Design) -> float:
    """Mean number of examples until the ruling, in whole looks."""
    passed, dropped = _endings(quality, design)
    every = design.look_every
    at = np.ceil(np.arange(1, design.n_max + 1) / every) * every
    at = np.minimum(at, design.n_max)
    return float(np.sum((passed + dropped) * at))


@lru_cache(maxsize=512)
def _endings(quality: float, design: Design) -> tuple[Floats, Floats]:
    """Chances to pass, and to be given up, first at each n."""
    table, futile = limits(design)
    alive = np.zeros(int(max(futile.max(), table.max() + 1, 0)) + 2)
    alive[0] = 1.0
    passed, dropped = np.zeros(design.n_max), np.zeros(design.n_max)
    for i in range(design.n_max):
        failed = alive * (1 - quality)
        alive *= quality
        alive[1:] += failed[:-1]
        # So many failures are futile whatever comes: they wait for the next look.
        alive[-1] += failed[-1]
        passed[i] = alive[: table[i] + 1].sum()
        alive[: table[i] + 1] = 0.0
        last = i + 1 == design.n_max
        if last or (i + 1) % design.look_every == 0:
            first = 0 if last else futile[i]
            dropped[i] = alive[first:].sum()
            alive[first:] = 0.0
    return passed, dropped


@lru_cache(maxsize=64)
def limits(design: Design) -> tuple[Ints, Ints]:
    """Most failures that pass, and fewest that are futile, at each n."""
    if not design.graded:
        rule = binary.boundary(design)
        return rule.table, rule.futile
    stakes = graded.bets(design.alpha, design.n_max)
    table = np.zeros(design.n_max, dtype=np.int64)
    futile = np.zeros(design.n_max, dtype=np.int64)
    for n in range(1, design.n_max + 1):
        wrong = np.arange(n + 1)
        so_far = futility.course_of_counts(n - wrong, wrong, design.edge, stakes)
        passes = stakes.purse(so_far.gained) >= stakes.log_goal
        table[n - 1] = np.sum(passes) - 1
        chance = futility.chance_to_pass(
            so_far, design.edge, stakes, n_left=design.n_max - n
        )
        hopeful = (chance >= design.futility) & (chance > 0)
        futile[n - 1] = max(int(np.sum(hopeful)), table[n - 1] + 1)
    return table, futile


def examples_more(units: Floats, design: Design) -> int | None:
    """
    Further examples with which the observed quality would probably (80 %) pass.

    ``None`` when it is not over the edge, or when more than MOST would be needed.
    With no score yet: how many the order lacks for a perfect candidate.
    """
    n, edge = len(units), design.edge
    quality = float(units.mean()) if n else 1.0
    if quality <= edge or edge <= 0:
        return None
    if design.graded:
        level = design.alpha / 10
        spread = (float(np.append(units, [edge, 1.0]).std()),) * 2
    else:
        level = binary.boundary(design).level
        spread = math.sqrt(edge * (1 - edge)), math.sqrt(quality * (1 - quality))
    reach = -ndtri(level) * spread[0] + ndtri(0.8) * spread[1]
    needed = max((reach / (quality - edge)) ** 2, math.log(level) / math.log(edge))
    if n == 0 and needed <= design.n_max:
        return None
    more = max(math.ceil(needed) - n, design.look_every)
    return more if more <= MOST else None
