"""Is the candidate at most a margin worse than the incumbent, on the same examples?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import bdtrc
from scipy.stats import binom

from suffice import graded
from suffice.designs import NonInferiority

Floats = npt.NDArray[np.float64]
_NUISANCE = 201
_STEPS = 16


def non_inferior(
    candidate: Sequence[float],
    incumbent: Sequence[float],
    *,
    margin: float,
    alpha: float,
) -> NonInferiority:
    """
    Whether the candidate is less than *margin* worse, paired on the same examples.

    For 0/1 scores the exact unconditional test: the worst case over the unknown
    share of examples on which the two differ.  For graded scores the betting test
    of the differences.
    """
    gap = np.asarray(candidate, dtype=np.float64) - np.asarray(incumbent, dtype=float)
    exact = bool(np.all(np.isin(gap, (-1.0, 0.0, 1.0))))
    p_value = _p_value(gap, margin, exact=exact)
    return NonInferiority(
        passed=p_value <= alpha,
        n=len(gap),
        difference=float(gap.mean()) if len(gap) else 0.0,
        low=_lowest(gap, alpha, exact=exact),
        p_value=p_value,
        n_better=int(np.sum(gap > 0)),
        n_worse=int(np.sum(gap < 0)),
    )


def _p_value(gap: Floats, margin: float, *, exact: bool) -> float:
    if not len(gap):
        return 1.0
    if exact:
        return exact_p_value(
            int(np.sum(gap > 0)), int(np.sum(gap < 0)), len(gap), margin
        )
    grown = graded.log_total((1 + gap) / 2, (1 - margin) / 2)
    return float(min(1.0, np.exp(-grown)))


def _lowest(gap: Floats, alpha: float, *, exact: bool) -> float:
    low, high = -1.0, float(gap.mean()) if len(gap) else -1.0
    for _ in range(_STEPS if len(gap) else 0):
        middle = (low + high) / 2
        if _p_value(gap, -middle, exact=exact) <= alpha:
            low = middle
        else:
            high = middle
    return low


@lru_cache(maxsize=1024)
def exact_p_value(better: int, worse: int, n: int, margin: float) -> float:
    """Largest chance, at a true loss of exactly *margin*, of a result this good."""
    limits = _as_good(better, worse, n, margin)
    shares = np.linspace(0.0, (1 - margin) / 2, _NUISANCE)
    return float(max(_chance(share, margin, limits, n) for share in shares))


def _chance(
    share: float, margin: float, limits: npt.NDArray[np.int64], n: int
) -> float:
    """P(better >= limit(worse)) with shares *share* better, *share* + margin worse."""
    lost = share + margin
    if not 0 <= lost <= 1:
        return 0.0
    worse = np.arange(n + 1)
    left = n - worse
    odds = min(share / (1 - lost), 1.0) if lost < 1 else 0.0
    enough = np.where(
        limits <= 0, 1.0, np.where(limits > left, 0.0, bdtrc(limits - 1.0, left, odds))
    )
    return float(np.sum(binom.pmf(worse, n, lost) * enough))


def _as_good(better: int, worse: int, n: int, margin: float) -> npt.NDArray[np.int64]:
    """For each number of losses, the fewest wins that are as good as those seen."""
    seen = _score(np.array([better]), np.array([worse]), n, margin)[0]
    losses = np.arange(n + 1)
    low, high = np.zeros(n + 1, dtype=np.int64), n - losses + 1
    while np.any(low < high):
        middle = (low + high) // 2
        good = _score(np.minimum(middle, n - losses), losses, n, margin) >= seen - 1e-9
        good &= middle <= n - losses
        high = np.where((low < high) & good, middle, high)
        low = np.where((low < high) & ~good, middle + 1, low)
    return low


def _score(
    better: npt.NDArray[np.int64], worse: npt.NDArray[np.int64], n: int, margin: float
) -> Floats:
    """
    Score statistic of "the loss is *margin*", its variance estimated under that.

    Tango, https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B
    """
    linear = -better - worse - (2 * n - better + worse) * margin
    constant = worse * margin * (1 + margin)
    root = np.sqrt(np.maximum(linear**2 - 8 * n * constant, 0.0))
    lost = np.clip((root - linear) / (4 * n), margin, (1 + margin) / 2)
    variance = n * (2 * lost - margin * (1 + margin))
    gained = better - worse + n * margin
    score: Floats = gained / np.sqrt(np.maximum(variance, 1e-12))
    return score
