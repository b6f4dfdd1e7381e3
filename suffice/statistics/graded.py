"""
Betting against "the mean is at most m": the sequential test of graded scores.

Somebody who stakes a fixed fraction g of the purse on each score, at odds that are
fair when the mean is m, multiplies the purse by ``1 - g + g * score / m``.  If the
mean is at most m the purse does not grow on average, so it ever reaches 1 / alpha
with a chance of at most alpha (Ville).  The purse is spread over a few fractions, and
so neither the variance nor the shape of the scores need be known.
Waudby-Smith and Ramdas, https://arxiv.org/abs/2010.09686.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from suffice.statistics.designs import Reading

Floats = npt.NDArray[np.float64]

FRACTIONS = (0.98, 0.6, 0.3, 0.12)
"""Fractions that are staked side by side; halves of the last for long orders."""

SHARES = (2.0, 1.5, 1.0, 1.0)
"""How the purse is spread over them: most is staked high, as suits scores that vary
little."""

_STEPS = 22


@dataclass(frozen=True, kw_only=True)
class Bets:
    """How the purse is staked, settled before the first score."""

    fractions: Floats
    log_shares: Floats
    log_goal: float
    """Logarithm of 1 / alpha: what refutes."""

    def gains(self, scores: Floats, mean: float) -> Floats:
        """Logarithm of what each score multiplies each stake by, at fair odds."""
        odds = self.fractions / max(mean, 1e-12)
        factors = scores[..., None] * odds
        factors += 1 - self.fractions
        logs: Floats = np.log(factors, out=factors)
        return logs

    def purse(self, gained: Floats) -> Floats:
        """Logarithm of the whole purse, from what each stake has gained."""
        logs: Floats = np.asarray(logsumexp(gained + self.log_shares, axis=-1))
        return logs

    def reached(self, gained: Floats) -> bool:
        """Whether the purse is at its goal at any of the times along the first axis."""
        best = float((gained.max(axis=0) + self.log_shares).max())
        if best >= self.log_goal:
            return True
        # The sum is at most so many times its largest part.
        if best + math.log(len(self.fractions)) < self.log_goal:
            return False
        sums = np.exp(gained + self.log_shares).sum(axis=-1)
        return bool(sums.max() >= math.exp(self.log_goal))


@lru_cache(maxsize=64)
def bets(alpha: float, n_max: int) -> Bets:
    """
    Bets for at most *n_max* scores.

    A stake pays best when it is about the mean's lead over m, in spreads; leads
    smaller than sqrt(log(1 / alpha) / n_max) cannot be proved, so no smaller stakes.
    """
    fractions, shares = list(FRACTIONS), list(SHARES)
    while fractions[-1] > math.sqrt(math.log(1 / alpha) / n_max):
        fractions.append(fractions[-1] / 2)
        shares.append(SHARES[-1])
    return Bets(
        fractions=np.array(fractions),
        log_shares=np.log(np.array(shares) / sum(shares)),
        log_goal=math.log(1 / alpha),
    )


def lower_limit(scores: Floats, stakes: Bets, *, peeked: bool) -> float:
    """
    Largest mean that the bets refute, 0 if none.

    With *peeked* the limit holds at all times at once; otherwise only the whole of
    the scores counts, in whatever order they came.
    """
    if not len(scores) or scores.sum() == 0:
        return 0.0
    low, high = 0.0, float(scores.mean())
    for _ in range(_STEPS):
        middle = (low + high) / 2
        gains = stakes.gains(scores, middle)
        grown = gains.cumsum(axis=0) if peeked else gains.sum(axis=0, keepdims=True)
        if stakes.reached(grown):
            low = middle
        else:
            high = middle
    return low


def refuted(scores: Floats, mean: float, stakes: Bets) -> bool:
    """Whether the bets have at any time refuted that the mean is at most *mean*."""
    if not len(scores):
        return False
    return stakes.reached(stakes.gains(scores, mean).cumsum(axis=0))


def rules(scores: Floats, edge: float, stakes: Bets) -> bool:
    """Whether the bets put the mean to one side of *edge*."""
    return refuted(scores, edge, stakes) or refuted(1 - scores, 1 - edge, stakes)


def log_purse(scores: Floats, mean: float, stakes: Bets) -> float:
    """Logarithm of the purse after all of the scores, whatever their order."""
    return float(stakes.purse(stakes.gains(scores, mean).sum(axis=0)))


def read(scores: Floats, edge: float, stakes: Bets) -> Reading:
    """Limits after these scores; they only ever get tighter."""
    low = lower_limit(scores, stakes, peeked=True)
    if refuted(scores, edge, stakes):
        low = max(low, edge)
    else:
        low = min(low, float(np.nextafter(edge, 0.0)))
    return Reading(low=low, high=1 - lower_limit(1 - scores, stakes, peeked=True))
