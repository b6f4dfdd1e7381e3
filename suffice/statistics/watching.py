"""
Watching a quality that was once proved: has it fallen below the edge since?

The same bets as in `graded`, turned round: against "each score is expected to be at
least the edge, whatever came before it".  The purse is spread over starts at every
25th score, so that a hundred good months do not hide a bad week.  While the quality
holds, the whole purse ever reaches 1 / alpha with a chance of at most alpha (Ville):
one may look after every score, every day, for ever.  Restarted bets are e-detectors
(Shin, Ramdas, Rinaldo, https://arxiv.org/abs/2203.03532).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from suffice.errors import UnusableInput
from suffice.statistics import graded

Floats = npt.NDArray[np.float64]

RESTART = 25
"""Scores between two starts."""
MOST_SCORES = 5000
"""Bets are made for so many; more are watched as well, only less sharply."""


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Where a watched quality stands."""

    n: int
    quality: float
    """Mean of all scores since the watch began; 0 for none."""
    low: float
    high: float
    """Ends of its interval; it holds at all times at once, if the quality is steady."""
    evidence: float
    """Most the purse has ever held, from 1: how many to one it was bet, and won, that
    the quality fell.  Unbounded."""
    fell: bool
    """Whether that has ever reached 1 / alpha."""
    fell_at: int | None
    """Scores it took."""


def watch(scores: Sequence[float], edge: float, *, alpha: float = 0.05) -> Watch:
    """
    Whether quality has fallen below *edge*, from all scores in their order.

    Raises `UnusableInput` for a score outside 0 to 1.

    >>> watch([1, 1, 1, 0] * 50, 0.7).fell
    False
    >>> watch([1, 1, 1, 0] * 50 + [0, 1] * 80, 0.7).fell
    True
    """
    values = np.asarray(scores, dtype=np.float64)
    if len(values) and not (values.min() >= 0 and values.max() <= 1):
        raise UnusableInput("A watched score is not from 0 to 1; mend the scorer.")
    stakes = graded.bets(alpha, MOST_SCORES)
    purses = _purses(1 - values, 1 - edge, stakes)
    read = graded.read(values, edge, stakes)
    quality = float(values.mean()) if len(values) else 0.0
    over = np.flatnonzero(purses >= stakes.log_goal)
    best = float(purses.max()) if len(purses) else 0.0
    return Watch(
        n=len(values),
        quality=quality,
        low=min(read.low, quality),
        high=max(read.high, quality),
        evidence=math.exp(min(max(best, 0.0), 700.0)),
        fell=bool(len(over)),
        fell_at=int(over[0]) + 1 if len(over) else None,
    )


def _purses(failures: Floats, mean: float, stakes: graded.Bets) -> Floats:
    """Logarithm of the whole purse after each score, all starts together."""
    n = len(failures)
    grown = stakes.gains(failures, mean).cumsum(axis=0)
    parts = []
    for number, start in enumerate(range(0, n, RESTART)):
        before = grown[start - 1] if start else np.zeros(grown.shape[1])
        part = np.full(n, -np.inf)
        part[start:] = stakes.purse(grown[start:] - before) + _log_weight(number)
        parts.append(part)
    if not parts:
        return np.zeros(0)
    # What is kept for starts to come: 1 - 1/(1*2) - 1/(2*3) - ... = 1 / (k + 1).
    kept = -np.log(np.arange(n) // RESTART + 2.0)
    purse: Floats = np.asarray(logsumexp(np.vstack([*parts, kept]), axis=0))
    return purse


def _log_weight(number: int) -> float:
    """Share of the purse for the start with this number, counted from 0."""
    return -math.log((number + 1) * (number + 2))
