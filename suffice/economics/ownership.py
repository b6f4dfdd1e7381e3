"""
What a candidate costs to own: per request, per month, and over the horizon.

Requests, hosting, monitoring, and what is paid before the first request; a model that
is switched off or trained anew must be paid for anew, so whatever is paid upfront is
spread over the months it really lives.
Sums are ``float`` (see ``prices``); ``None`` means that a price is unknown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from suffice.costs import Costs
from suffice.economics.caching import Asked, cache_hit_rate, cache_ttl_s, call_usd
from suffice.economics.prices import Price
from suffice.economics.rungs import retrieves, tuned
from suffice.economics.terms import (
    DAYS_PER_MONTH,
    HOURS_PER_MONTH,
    Terms,
    months_left,
    months_worth,
    terms_of,
)

__all__ = [
    "DAYS_PER_MONTH",
    "HOURS_PER_MONTH",
    "Costed",
    "Ownership",
    "Terms",
    "cache_hit_rate",
    "cache_ttl_s",
    "hosting_usd_per_month",
    "months_left",
    "own",
    "priced",
    "terms_of",
    "total_usd",
    "usd_per_request",
]


class Costed(Asked, Protocol):
    """Anything whose cost can be reckoned: a measured candidate, or a prospect."""

    @property
    def rung(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def usd_per_request(self) -> float | None: ...
    @property
    def upfront_usd(self) -> float | None: ...
    @property
    def judge_usd_per_example(self) -> float | None: ...


@dataclass(frozen=True, kw_only=True)
class Ownership:
    """What owning a candidate costs; ``None`` where a price is unknown."""

    usd_per_request: float | None
    """Retries, retrieval and judging included."""
    hosting_usd_per_month: float | None
    """Hosting and monitoring, whatever the volume."""
    usd_per_month: float | None
    """Requests and hosting at today's volume, without what is paid upfront."""
    upfront_usd: float | None
    """Paid before the first request, and again each time the model is switched off
    or trained anew."""
    life_months: float
    """Months until the model is switched off; infinite where no date is known."""
    total_usd: float | None
    """Over the whole horizon, growth and discount included; infinite when the model
    is already gone."""

    @property
    def known(self) -> bool:
        """Whether every price it needs is known."""
        return self.total_usd is not None


def own(costed: Costed, terms: Terms) -> Ownership:
    """The cost of owning a candidate under *terms*."""
    price = priced(costed.model, terms)
    life = months_left(terms.book.shutdown(costed.model), terms.on)
    volume, grown = terms.requests_per_month, terms.mean_requests_per_month
    now = later = _usd_per_request(costed, price, volume, terms)
    if grown != volume:
        later = _usd_per_request(costed, price, grown, terms)
    fixed = hosting_usd_per_month(price)
    monthly = total = None
    if fixed is not None:
        fixed += terms.costs.monitoring_usd_per_month
    if now is not None and later is not None and fixed is not None:
        monthly = now * volume + fixed
        running = later * volume * terms.volume_months
        running += fixed * terms.fixed_months
        if costed.upfront_usd is not None:
            total = _total(costed, terms, life, running)
    return Ownership(
        usd_per_request=now,
        hosting_usd_per_month=fixed,
        usd_per_month=monthly,
        upfront_usd=costed.upfront_usd,
        life_months=life,
        total_usd=total,
    )


def priced(model: str, terms: Terms) -> Price | None:
    """The model's price on the day, at the service tier of the terms."""
    price = terms.book.price(model, terms.on)
    return None if price is None else price.served(terms.costs.service_tier)


def times_paid(horizon_months: float, life_months: float, rate: float = 0.0) -> float:
    """
    How often an upfront cost counts: horizon / life, and once at least.

    Infinite where the life is over.

    *rate* discounts the later ones, a month.

    >>> times_paid(12, 24), times_paid(12, 4)
    (1.0, 3.0)
    """
    if life_months >= horizon_months:
        return 1.0
    if life_months <= 0:
        return math.inf
    return max(1.0, months_worth(horizon_months, -rate) / life_months)


def paid_life_months(costed: Costed, terms: Terms, life_months: float) -> float:
    """Months an upfront cost lasts: until the shutdown, or the next training."""
    every = terms.costs.retrain_every_months
    if every is None or not tuned(costed.rung):
        return life_months
    return min(life_months, every)


def total_usd(costed: Costed, terms: Terms) -> float | None:
    """
    USD over the horizon: every month's requests and hosting, and the upfront cost.

    A model that lives shorter than the horizon must be replaced at the same upfront
    cost, so that cost counts horizon / life times.  ``None``: a price is unknown.
    """
    return own(costed, terms).total_usd


def usd_per_request(
    costed: Costed,
    price: Price | None,
    requests_per_month: float,
    *,
    cached_share: float | None = None,
    costs: Costs | None = None,
) -> float | None:
    """
    USD for one request at this volume, the provider's prompt cache included.

    Without a *price* what was measured holds; that too may be unknown (``None``).
    *costs* adds retries, retrieval and the judge's share.
    """
    if price is None:
        usd = costed.usd_per_request
    else:
        usd = call_usd(costed, price, requests_per_month, cached_share=cached_share)
    if usd is None or costs is None:
        return usd
    judged = costs.judge_usd_per_answer
    if judged is None:
        judged = costed.judge_usd_per_example or 0.0
    usd = usd * (1 + costs.retry_share) + costs.monitored_share * judged
    if retrieves(costed.rung):
        usd += costs.retrieval_usd_per_request
    return usd


def hosting_usd_per_month(price: Price | None) -> float | None:
    """
    USD a month for a machine that is always on, 730 hours.

    0 where the row is not of a hosted kind and names no hosting; ``None`` where a
    hosted row does not say what the hour costs.
    """
    if price is None:
        return 0.0
    if price.hosting_usd_per_hour is None:
        return None if price.kind == "hosted" else 0.0
    return price.hosting_usd_per_hour * HOURS_PER_MONTH


def _total(costed: Costed, terms: Terms, life: float, running: float) -> float:
    if life <= 0:
        return math.inf
    lasts = paid_life_months(costed, terms, life)
    times = times_paid(terms.horizon_months, lasts, terms.discount_rate)
    return running + (costed.upfront_usd or 0.0) * times


def _usd_per_request(
    costed: Costed, price: Price | None, volume: float, terms: Terms
) -> float | None:
    share = terms.share_of(costed.model)
    return usd_per_request(costed, price, volume, cached_share=share, costs=terms.costs)
