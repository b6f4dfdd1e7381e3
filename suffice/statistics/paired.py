"""
Is the candidate at most a margin worse than the incumbent, on the same examples?

For 0/1 scores this is the exact unconditional test: order the possible results by
Tango's score statistic and take the largest chance of one as good as that seen, over
all shares of examples on which the two may differ.  Narrowing those shares down by what
was seen (Berger and Boos) is not done: one more right answer could then raise the
p-value.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import bdtrc, gammaln, xlog1py, xlogy

from suffice.errors import UnusableInput
from suffice.statistics.designs import NonInferiority
from suffice.statistics.graded import bets, log_purse

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_SHARES = 101
_STEPS = 12


def non_inferior(
    candidate: Sequence[float],
    incumbent: Sequence[float],
    *,
    margin: float,
    alpha: float,
) -> NonInferiority:
    """
    Whether the candidate is less than *margin* worse, paired on the same examples.

    Exact for 0/1 scores; for graded ones the betting test of the differences.  One
    look at a fixed number of examples, and nothing is proved by none.

    >>> old = [1] * 90 + [0] * 10
    >>> new = [1] * 88 + [0] * 2 + [1] * 6 + [0] * 4
    >>> found = non_inferior(new, old, margin=0.05, alpha=0.05)
    >>> found.passed, found.difference, found.n_better, found.n_worse
    (True, 0.04, 6, 2)
    """
    new, old = (np.asarray(s, dtype=np.float64) for s in (candidate, incumbent))
    if new.shape != old.shape:
        raise UnusableInput(
            f"{len(new)} scores of the candidate but {len(old)} of the incumbent: "
            "pair them on the examples both answered."
        )
    if not (0 <= margin < 1 and 0 < alpha < 1):
        raise UnusableInput(
            f"margin {margin!r}, alpha {alpha!r}: both must lie between 0 and 1."
        )
    gap = new - old
    p_value = _p_value(gap, margin, alpha)
    passed = p_value <= alpha
    return NonInferiority(
        passed=passed,
        n=len(gap),
        difference=round(float(gap.mean()), 12) if len(gap) else 0.0,
        low=_lowest(gap, alpha, -margin, passed=passed),
        p_value=p_value,
        n_better=int(np.sum(gap > 0)),
        n_worse=int(np.sum(gap < 0)),
    )


def _p_value(gap: Floats, margin: float, alpha: float) -> float:
    if not len(gap):
        return 1.0
    if np.all(np.isin(gap, (-1.0, 0.0, 1.0))):
        better, worse = int(np.sum(gap > 0)), int(np.sum(gap < 0))
        return exact_p_value(better, worse, len(gap), margin)
    grown = log_purse((1 + gap) / 2, (1 - margin) / 2, bets(alpha, len(gap)))
    return float(min(1.0, np.exp(-grown)))


def _lowest(gap: Floats, alpha: float, edge: float, *, passed: bool) -> float:
    """Lower limit of the difference; over *edge* if and only if *passed*."""
    if not len(gap):
        return -1.0
    low, high = (edge, max(float(gap.mean()), edge)) if passed else (-1.0, edge)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _p_value(gap, -middle, alpha) <= alpha:
            low = middle
        else:
            high = middle
    return low


@lru_cache(maxsize=1024)
def exact_p_value(better: int, worse: int, n: int, margin: float) -> float:
    """Largest chance, at a true loss of exactly *margin*, of a result this good."""
    limits = _as_good(better, worse, n, margin)
    gains = np.linspace(max(0.0, -margin), (1 - margin) / 2, _SHARES)
    rough = _chances(gains, margin, limits)
    best, step = gains[int(rough.argmax())], gains[1] - gains[0]
    near = np.clip(np.linspace(best - step, best + step, 21), gains[0], gains[-1])
    return min(float(_chances(near, margin, limits).max()), 1.0)


def _chances(gains: Floats, margin: float, limits: Ints) -> Floats:
    """P(gains >= limit(losses)) when examples are gained with these chances."""
    n = len(limits) - 1
    losing = np.clip(gains + margin, 0.0, 1.0)[:, None]
    spread = 9 * np.sqrt(n * 0.25) + 9
    first = int(max(n * losing.min() - spread, 0))
    last = int(min(n * losing.max() + spread, n))
    losses = np.arange(first, last + 1)
    ways = gammaln(n + 1) - gammaln(losses + 1) - gammaln(n - losses + 1)
    weights = np.exp(ways + xlogy(losses, losing) + xlog1py(n - losses, -losing))
    limit, left = limits[losses], n - losses
    odds = np.clip(gains[:, None] / np.maximum(1 - losing, 1e-300), 0.0, 1.0)
    tail = bdtrc(np.maximum(limit - 1.0, 0.0), np.maximum(left, 1), odds)
    enough = np.where(limit <= 0, 1.0, np.where(limit > left, 0.0, tail))
    chances: Floats = np.sum(weights * enough, axis=1)
    return chances


def _as_good(better: int, worse: int, n: int, margin: float) -> Ints:
    """For each number of losses, the fewest gains that are as good as those seen."""
    seen = _score(np.array([better]), np.array([worse]), n, margin)[0] - 1e-9
    losses = np.arange(n + 1)
    low, high = np.zeros(n + 1, dtype=np.int64), n - losses + 1
    while np.any(low < high):
        middle = (low + high) // 2
        good = _score(np.minimum(middle, n - losses), losses, n, margin) >= seen
        good &= middle <= n - losses
        low, high = np.where(good, low, middle + 1), np.where(good, middle, high)
        low = np.minimum(low, high)
    return low


def _score(better: Ints, worse: Ints, n: int, margin: float) -> Floats:
    """
    Score statistic of "the loss is *margin*", its variance estimated under that.

    Tango, Statistics in Medicine 17 (1998), 891-908.
    """
    linear = -better - worse - (2 * n - better + worse) * margin
    constant = worse * margin * (1 + margin)
    root = np.sqrt(np.maximum(linear**2 - 8 * n * constant, 0.0))
    least, most = max(margin, 0.0), (1 + margin) / 2
    losing = np.clip((root - linear) / (4 * n), least, most)
    variance = n * (2 * losing - margin * (1 + margin))
    score: Floats = (better - worse + n * margin) / np.sqrt(np.maximum(variance, 1e-12))
    return score
