"""
The exact sequential test of a share of right answers.

After every answer the exact binomial p-value of "quality is at most the edge" is
compared with a local level.  The levels fall slowly with n, and their common factor
is set so that the chance of ever crossing, over the whole order, is alpha at the
edge: computed by a recursion over the lattice of outcomes, not simulated.  So the
candidate may be looked at after any number of answers, as often as one likes.

Work is done on the number of *failures*: only the few tens that a passing candidate
may still show need to be carried along.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr

from suffice.designs import Design

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SHAPE = -0.25
"""Local levels fall as n ** SHAPE: near the least mean n for clear cases."""

_ROUNDS = 3
_PER_ROUND = 24


@dataclass(frozen=True, kw_only=True)
class Boundary:
    """What passes and what is futile, after n = 1 ... n_max answers."""

    levels: Floats
    """Local level of the exact test at each n."""
    allowed: Ints
    """Most failures with which the candidate passes at each n; -1 where none can."""
    futile: Ints
    """Fewest failures at which going on is futile at each n."""
    hopeless: Ints
    """Fewest failures at which no remaining answers could give a pass."""


@lru_cache(maxsize=256)
def boundary(design: Design) -> Boundary:
    """Boundary of a design for 0/1 scores, worked out once."""
    levels = local_levels(design.edge, design.alpha, design.n_max)
    allowed = allowed_failures(design.edge, levels)
    hopeless = np.maximum.accumulate(allowed[::-1])[::-1] + 1
    return Boundary(
        levels=levels,
        allowed=allowed,
        futile=np.minimum(_futile_failures(allowed, design.futility), hopeless),
        hopeless=hopeless,
    )


@lru_cache(maxsize=256)
def local_levels(edge: float, alpha: float, n_max: int) -> Floats:
    """Levels with which crossing at any n has chance *alpha*, or just under it."""
    shape = np.arange(1, n_max + 1) ** SHAPE
    tails = _tails(edge, alpha / shape[-1], n_max)
    low, high = alpha * 1e-4 / shape[-1], alpha / shape[-1]
    for _ in range(_ROUNDS):
        factors = np.geomspace(low, high, _PER_ROUND)
        tables = np.stack([_count(tails, factor * shape) for factor in factors])
        safe = int(np.sum(chance_to_cross(edge, tables) <= alpha)) - 1
        low = factors[max(safe, 0)]
        high = factors[min(safe + 1, _PER_ROUND - 1)]
    levels: Floats = low * shape
    return levels


def allowed_failures(edge: float, levels: Floats) -> Ints:
    """Most failures at each n whose exact p-value is at most the local level."""
    return _count(_tails(edge, float(levels.max()), len(levels)), levels)


def _tails(edge: float, level: float, n_max: int) -> Floats:
    """P(at most f failures in n) at the edge; a row an n, wide enough for *level*."""
    width = 8
    while width <= n_max and bdtr(width - 1, n_max, 1 - edge) <= level:
        width *= 2
    n = np.arange(1, n_max + 1)[:, None]
    failures = np.arange(min(width, n_max))[None, :]
    within = bdtr(np.minimum(failures, n), n, 1 - edge)
    tails: Floats = np.where(failures < n, within, 1.0)
    return tails


def _count(tails: Floats, levels: Floats) -> Ints:
    counted: Ints = np.sum(tails <= levels[:, None], axis=1) - 1
    return counted


def crossings(quality: float, allowed: Ints) -> Floats:
    """Chance to cross first at each n; a row for each row of *allowed*."""
    tables = np.atleast_2d(allowed)
    width = int(tables.max()) + 1
    alive = np.zeros((len(tables), max(width, 1)))
    alive[:, 0] = 1.0
    column = np.arange(alive.shape[1])[None, :]
    first = np.zeros(tables.shape)
    for i in range(tables.shape[1]):
        failed = alive[:, :-1] * (1 - quality)
        alive = alive * quality
        alive[:, 1:] += failed
        crossed = column <= tables[:, i, None]
        first[:, i] = np.sum(alive, axis=1, where=crossed)
        alive[crossed] = 0.0
    return first


def chance_to_cross(quality: float, allowed: Ints) -> Floats:
    """Chance to cross at any n; one for each row of *allowed*."""
    chance: Floats = crossings(quality, allowed).sum(axis=1)
    return chance


def _futile_failures(allowed: Ints, futility: float) -> Ints:
    """Fewest failures at each n that leave a predicted chance under *futility*."""
    n_max = len(allowed)
    width = max(int(allowed.max()) + 2, 1)
    failures = np.arange(width)
    chance = np.zeros(width)
    futile = np.zeros(n_max, dtype=np.int64)
    for n in range(n_max, 0, -1):
        chance = np.where(failures <= allowed[n - 1], 1.0, chance)
        futile[n - 1] = int(np.argmax(np.append(chance < futility, True)))
        right = (n - 1 - failures + 1) / (n - 1 + 2)
        worse = np.append(chance[1:], 0.0)
        chance = np.clip(right, 0, 1) * chance + np.clip(1 - right, 0, 1) * worse
    return futile
