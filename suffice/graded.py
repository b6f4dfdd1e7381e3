"""
Betting against "the mean is at most m": the sequential test of graded scores.

Somebody who stakes a fixed fraction g of the purse on each score, at odds that are
fair when the mean is m, multiplies the purse by ``1 - g + g * score / m``.  If the
mean is at most m the purse does not grow on average, so it ever reaches 1 / alpha
with a chance of at most alpha (Ville).  We spread the purse evenly over a grid of
fractions, and so need to know neither the variance nor the shape of the scores.
Waudby-Smith and Ramdas, https://arxiv.org/abs/2010.09686.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp, ndtr

Floats = npt.NDArray[np.float64]

FRACTIONS: Floats = np.array(
    [0.02, 0.04, 0.07, 0.1, 0.14, 0.19, 0.25, 0.32, 0.4, 0.49, 0.58, 0.68, 0.8, 0.95]
)
"""Fractions of the purse that are staked, side by side."""

_STEPS = 26


def cluster_means(
    scores: Sequence[float] | Floats, clusters: Sequence[str] | None
) -> Floats:
    """One mean per cluster, in order of first appearance; the scores when none."""
    values = np.asarray(scores, dtype=np.float64)
    if clusters is None:
        return values
    order = {name: i for i, name in enumerate(dict.fromkeys(clusters))}
    index = np.array([order[name] for name in clusters], dtype=np.int64)
    means: Floats = np.bincount(index, weights=values) / np.bincount(index)
    return means


def purse(units: Floats, mean: float) -> Floats:
    """Logarithm of the purse after each score, having begun with 1."""
    logs = _log_factors(units, mean).cumsum(axis=0)
    grown: Floats = logsumexp(logs, axis=1) - np.log(len(FRACTIONS))
    return grown


def lower_limit(units: Floats, alpha: float, *, peeked: bool = True) -> float:
    """
    Largest mean that the bets refute at *alpha*, 0 if none.

    With *peeked* the limit holds at all times at once; otherwise only the whole
    of the scores counts, in whatever order they came.
    """
    if not len(units) or units.sum() == 0:
        return 0.0
    low, high = 0.0, float(units.mean())
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _refuted(units, middle, alpha, peeked):
            low = middle
        else:
            high = middle
    return low


def _refuted(units: Floats, mean: float, alpha: float, peeked: bool) -> bool:
    if peeked:
        return bool(purse(units, mean).max() >= -np.log(alpha))
    return log_total(units, mean) >= -math.log(alpha)


def log_total(units: Floats, mean: float) -> float:
    """Logarithm of the purse after all of the scores, whatever their order."""
    total = _log_factors(units, mean).sum(axis=0)
    return float(logsumexp(total) - np.log(len(FRACTIONS)))


def _log_factors(units: Floats, mean: float) -> Floats:
    factors: Floats = np.log(1 - FRACTIONS + units[:, None] * (FRACTIONS / mean))
    return factors


def chance_to_pass(units: Floats, mean: float, alpha: float, n_left: int) -> float:
    """
    Predicted chance that the purse reaches 1 / alpha within *n_left* more scores.

    A forecast, not a promise: normal, with the scores' own mean and spread and one
    extra perfect and one extra worst score, doubled because the purse may be there
    before the end.  It may only ever stop the measuring, never grant a pass.
    """
    if n_left <= 0 or np.log(alpha) + best_end(units, mean, n_left) < 0:
        return 0.0
    seen = _log_factors(np.append(units, [1.0, 0.0]), mean)
    have = _log_factors(units, mean).sum(axis=0) if len(units) else 0.0
    n = len(seen)
    spread = np.maximum(seen.std(axis=0), 1e-9) * np.sqrt(n_left + n_left**2 / n)
    need = np.log(len(FRACTIONS) / alpha) - have
    chances = ndtr((n_left * seen.mean(axis=0) - need) / spread)
    return float(min(2 * chances.max(), 1.0))


def best_end(units: Floats, mean: float, n_left: int) -> float:
    """Logarithm of the purse if all of the remaining scores were 1."""
    have = _log_factors(units, mean).sum(axis=0) if len(units) else np.zeros(1)
    future = n_left * np.log(1 - FRACTIONS + FRACTIONS / mean)
    return float(logsumexp(have + future) - np.log(len(FRACTIONS)))


def closed_units(
    values: Floats, clusters: Sequence[str] | None, *, final: bool
) -> Floats:
    """
    Independent units to bet on: the scores, or the mean of each cluster's first run.

    A cluster counts once the next one has begun (or at the end), and what comes of
    it later is left out: a purse must not be revised.  So keep clusters together in
    the frozen order.
    """
    if clusters is None:
        return values
    names = list(clusters)
    starts = [i for i in range(len(names)) if i == 0 or names[i] != names[i - 1]]
    ends = [*starts[1:], len(names)]
    seen: set[str] = set()
    units = []
    for start, end in zip(starts, ends, strict=True):
        if names[start] not in seen and (final or end < len(names)):
            units.append(values[start:end].mean())
        seen.add(names[start])
    return np.array(units, dtype=np.float64)


def as_failures(
    edge: float, alpha: float, n_max: int, futility: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Failures with which 0/1 scores pass, and are futile, at each n."""
    right, wrong = (_log_factors(np.array([s]), edge)[0] for s in (1.0, 0.0))
    n = np.arange(1, n_max + 1)[:, None, None]
    failures = np.arange(n_max + 1)[None, :, None]
    logs = logsumexp((n - failures) * right + failures * wrong, axis=2)
    passes = (logs >= np.log(len(FRACTIONS) / alpha)) & (failures <= n)[:, :, 0]
    allowed = passes.sum(axis=1) - 1
    futile = np.array(
        [_first_futile(i, edge, alpha, n_max, futility) for i in range(1, n_max + 1)]
    )
    return allowed, futile


def _first_futile(
    n: int, edge: float, alpha: float, n_max: int, futility: float
) -> int:
    low, high = 0, n + 1
    while low < high:
        failures = (low + high) // 2
        units = np.append(np.ones(n - failures), np.zeros(failures))
        chance = chance_to_pass(units, edge, alpha, n_max - n)
        if chance < futility or chance == 0.0:
            high = failures
        else:
            low = failures + 1
    return low
