"""
A mean made sharper by another candidate's scores on more examples (PPI++).

Two candidates tend to fail on the same examples.  Where one was scored on examples the
other was not, its mean there tells whether the examples that both had were easy, and
that part of the luck can be taken off.

For a *fixed* number of scores only: the interval is a normal one and does not survive
looking along the way, so no ruling rests on it.  docs/statistics.md says when it helps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from suffice.errors import UnusableInput
from suffice.statistics.intervals import interval

FEWEST = 50
"""Scores of each kind under which a normal interval cannot be trusted."""


@dataclass(frozen=True, kw_only=True)
class Controlled:
    """A mean score and its interval."""

    mean: float
    """0 to 1."""
    low: float
    high: float
    weight: float
    """How much of the other candidate's luck was taken off; 0 where it told nothing."""


def controlled_mean(
    scores: Sequence[float],
    others: Sequence[float],
    others_elsewhere: Sequence[float],
    *,
    confidence: float = 0.95,
) -> Controlled:
    """
    Mean of *scores*, with *others* on the same examples and on further ones.

    The weight is the one that makes the variance least, so that a candidate which has
    nothing in common costs nothing (Angelopoulos et al.,
    https://arxiv.org/abs/2311.01453).  With fewer than FEWEST scores of each kind it is
    the plain mean with its exact interval.

    >>> mine, theirs = [1, 1, 1, 0] * 50, [1, 1, 0, 0] * 50
    >>> found = controlled_mean(mine, theirs, [1, 1, 1, 0, 0] * 200)
    >>> round(found.mean, 3), round(found.weight, 3)
    (0.793, 0.43)
    """
    ours, theirs = (np.asarray(s, dtype=np.float64) for s in (scores, others))
    further = np.asarray(others_elsewhere, dtype=np.float64)
    if len(ours) != len(theirs):
        raise UnusableInput(
            f"{len(ours)} scores but {len(theirs)} of the other candidate on the same "
            "examples: pair them."
        )
    n, m = len(ours), len(further)
    if min(n, m) < FEWEST:
        low, high = interval(scores, confidence)
        mean = float(ours.mean()) if n else 0.5
        return Controlled(mean=mean, low=low, high=high, weight=0.0)
    spread = float(np.concatenate([theirs, further]).var(ddof=1))
    shared = float(np.cov(ours, theirs)[0, 1])
    weight = shared / ((1 + n / m) * spread) if spread > 0 else 0.0
    mean = float(ours.mean() - weight * (theirs.mean() - further.mean()))
    rest = float((ours - weight * theirs).var(ddof=1))
    variance = rest / n + weight**2 * spread / m
    reach = -float(stdtrit(n - 1, (1 - confidence) / 2)) * math.sqrt(variance)
    # A spread of 0 is luck, not certainty: so sure no n examples make anybody.
    reach = max(reach, 1 - (1 - confidence) ** (1 / n))
    clip = [min(1.0, max(0.0, v)) for v in (mean, mean - reach, mean + reach)]
    return Controlled(mean=clip[0], low=clip[1], high=clip[2], weight=weight)
