"""
The circumstances a cost is reckoned under: volume, horizon, day, prices, extras.

Growth and discount turn a horizon into months of today's volume; nothing here knows a
candidate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from suffice.brief import Brief
from suffice.costs import Costs
from suffice.economics.prices import PriceBook

DAYS_PER_MONTH = 365.25 / 12
HOURS_PER_MONTH = 730.0
SECONDS_PER_MONTH = DAYS_PER_MONTH * 86_400
_NONE = Costs()


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The circumstances a cost is reckoned under."""

    requests_per_month: float
    """Today; it grows as ``costs`` says."""
    horizon_months: float
    on: date
    """Day whose prices hold, and from which months are counted."""
    book: PriceBook
    cached_share: float | None = None
    """Share of the static prompt read from the cache, 0 to 1.
    ``None``: reckoned from the arrival rate and the cache's lifetime."""
    cached_shares: Mapping[str, float] = field(default_factory=dict)
    """The same for single models; it wins."""
    costs: Costs = _NONE
    """Retries, retrieval, monitoring, growth, discount: nothing unless given."""

    def share_of(self, model: str) -> float | None:
        """Share of this model's static prompts in the cache, where it is given."""
        return self.cached_shares.get(model, self.cached_share)

    @property
    def mean_requests_per_month(self) -> float:
        """Volume over the horizon, growth included."""
        growth = math.log1p(self.costs.growth_per_month)
        months = months_worth(self.horizon_months, growth)
        return self.requests_per_month * months / self.horizon_months

    @property
    def volume_months(self) -> float:
        """Months of today's volume the horizon is worth, grown and discounted."""
        growth = math.log1p(self.costs.growth_per_month)
        return months_worth(self.horizon_months, growth - self.discount_rate)

    @property
    def fixed_months(self) -> float:
        """Months of a fixed cost the horizon is worth, discounted."""
        return months_worth(self.horizon_months, -self.discount_rate)

    @property
    def discount_rate(self) -> float:
        """Continuous rate a month."""
        return math.log1p(self.costs.discount_per_year) / 12


def terms_of(
    brief: Brief, book: PriceBook, on: date, requests_per_month: float | None = None
) -> Terms:
    """What the brief says; *requests_per_month* where a log knows better."""
    volume = requests_per_month or brief.usage.requests_per_month
    return Terms(
        requests_per_month=volume,
        horizon_months=brief.horizon_months,
        on=on,
        book=book,
        costs=brief.costs,
    )


def preparation_usd(brief: Brief) -> float:
    """USD for work, labels and approval before a model is tuned."""
    return brief.tuning.prepare_usd + brief.costs.preparation_usd


def months_worth(horizon_months: float, rate: float) -> float:
    """
    The integral of ``exp(rate * t)`` over the horizon: its months, where *rate* is 0.

    >>> months_worth(12, 0.0), round(months_worth(12, 0.05), 2)
    (12, 16.44)
    """
    if abs(rate * horizon_months) < 1e-12:
        return horizon_months
    # Beyond e to the 700th there is no such number, nor such a business.
    return math.expm1(min(rate * horizon_months, 700.0)) / rate


def months_left(shutdown_on: date | None, on: date) -> float:
    """Months from *on* until the shutdown; 0 after it, infinite without one."""
    if shutdown_on is None:
        return math.inf
    return max(0.0, (shutdown_on - on).days / DAYS_PER_MONTH)
