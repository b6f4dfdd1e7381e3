"""
How sure the cost is: the same arithmetic over thousands of possible years.

What comes out are ranges, and how often each candidate is the cheapest one that is
good enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suffice.economics.choice import Standard
from suffice.economics.draws import Draws, Floats, Spread, draw, spread_of

__all__ = [
    "Draws",
    "Outlook",
    "Payback",
    "Range",
    "Spread",
    "draw",
    "outlooks",
    "payback",
    "spread_of",
]


@dataclass(frozen=True, kw_only=True)
class Range:
    """The 5 %, 50 % and 95 % quantiles; infinite is *never*."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """One candidate over all draws."""

    candidate_key: str
    total_usd: Range
    usd_per_correct: Range
    """USD for one right answer: total over the requests and the quality drawn."""
    p_good_enough: float
    """Share of draws in which its true quality reaches the bar, less the margin."""
    p_cheapest: float
    """Share of draws in which it is the cheapest that is good enough."""


@dataclass(frozen=True, kw_only=True)
class Payback:
    """Months until a move has paid for itself, over all draws."""

    months: Range
    p_never: float
    """Share of draws in which it does not pay before the horizon or the shutdown."""


def outlooks(draws: Draws, standard: Standard) -> tuple[Outlook, ...]:
    """The candidates whose price is known, in the order they were drawn."""
    keys = list(draws.monthly_usd)
    if not keys:
        return ()
    edge = standard.bar - standard.margin
    totals = np.array([draws.total_usd(k) for k in keys])
    good = np.array([draws.quality[k] >= edge for k in keys])
    dear = np.where(good, totals, np.inf)
    cheapest = np.argmin(dear, axis=0)
    some = np.isfinite(dear.min(axis=0))
    n_requests = draws.requests_per_month * draws.horizon_months
    return tuple(
        Outlook(
            candidate_key=key,
            total_usd=_range(totals[i]),
            usd_per_correct=_range(totals[i] / (n_requests * draws.quality[key])),
            p_good_enough=float(good[i].mean()),
            p_cheapest=float(((cheapest == i) & some).mean()),
        )
        for i, key in enumerate(keys)
    )


def payback(draws: Draws, now: str, then: str) -> Payback:
    """Moving from the candidate *now* to *then*, by key; both prices must be known."""
    saved = draws.monthly_usd[now] - draws.monthly_usd[then]
    limit = min(draws.horizon_months, draws.life_months[then])
    months = np.full_like(saved, np.inf)
    np.divide(draws.upfront_usd[then], saved, out=months, where=saved > 0)
    months[months > limit] = np.inf
    return Payback(months=_range(months), p_never=float(np.isinf(months).mean()))


def _range(values: Floats) -> Range:
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95], method="nearest")
    return Range(low=float(low), middle=float(middle), high=float(high))
