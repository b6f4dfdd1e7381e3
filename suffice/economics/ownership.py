"""
What a candidate costs to own: per request, per month, and over the horizon.

Requests, hosting and what is paid upfront; a model that is switched off must be paid
for anew, so whatever is paid upfront is spread over the months it really lives.
Sums are ``float`` (see ``prices``); ``None`` means that a price is unknown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from suffice.economics.prices import Price, PriceBook

DAYS_PER_MONTH = 365.25 / 12
HOURS_PER_MONTH = 730.0
_SECONDS_PER_MONTH = DAYS_PER_MONTH * 86_400


class Costed(Protocol):
    """Anything whose cost can be reckoned: a measured candidate, or a prospect."""

    @property
    def model(self) -> str: ...
    @property
    def usd_per_request(self) -> float | None: ...
    @property
    def input_tokens(self) -> float: ...
    @property
    def output_tokens(self) -> float: ...
    @property
    def static_tokens(self) -> float: ...
    @property
    def cpu_s(self) -> float | None: ...
    @property
    def upfront_usd(self) -> float | None: ...


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The circumstances a cost is reckoned under."""

    requests_per_month: float
    horizon_months: float
    on: date
    """Day whose prices hold, and from which months are counted."""
    book: PriceBook
    cached_share: float | None = None
    """Share of the static prompt read from the cache, 0 to 1.
    ``None``: reckoned from the arrival rate and the cache's lifetime."""


@dataclass(frozen=True, kw_only=True)
class Ownership:
    """What owning a candidate costs; ``None`` where a price is unknown."""

    usd_per_request: float | None
    hosting_usd_per_month: float | None
    usd_per_month: float | None
    """Requests and hosting, without what is paid upfront."""
    upfront_usd: float | None
    """Paid before the first request, and again each time the model is switched off."""
    life_months: float
    """Months until the model is switched off; infinite where no date is known."""
    total_usd: float | None
    """Over the whole horizon; infinite when the model is already gone."""

    @property
    def known(self) -> bool:
        """Whether every price it needs is known."""
        return self.total_usd is not None


def own(costed: Costed, terms: Terms) -> Ownership:
    """The cost of owning a candidate under *terms*."""
    price = terms.book.price(costed.model, terms.on)
    life = months_left(terms.book.shutdown(costed.model), terms.on)
    per_request = usd_per_request(
        costed,
        price,
        terms.requests_per_month,
        cached_share=terms.cached_share,
    )
    hosting = hosting_usd_per_month(price)
    monthly = None
    if per_request is not None and hosting is not None:
        monthly = per_request * terms.requests_per_month + hosting
    total = None
    if monthly is not None and costed.upfront_usd is not None:
        total = _over(terms.horizon_months, monthly, costed.upfront_usd, life)
    return Ownership(
        usd_per_request=per_request,
        hosting_usd_per_month=hosting,
        usd_per_month=monthly,
        upfront_usd=costed.upfront_usd,
        life_months=life,
        total_usd=total,
    )


def total_usd(costed: Costed, terms: Terms) -> float | None:
    """
    USD over the horizon: every month's requests and hosting, and the upfront cost.

    A model that lives shorter than the horizon must be replaced at the same upfront
    cost, so that cost counts horizon / life times.  ``None``: a price is unknown.
    """
    return own(costed, terms).total_usd


def usd_per_month(
    costed: Costed,
    requests_per_month: float,
    *,
    price: Price | None = None,
    cached_share: float | None = None,
) -> float | None:
    """
    USD a month for requests and hosting; ``None`` when a price is unknown.

    Without a *price* the candidate's own ``usd_per_request`` holds.
    """
    per_request = usd_per_request(
        costed, price, requests_per_month, cached_share=cached_share
    )
    hosting = hosting_usd_per_month(price)
    if per_request is None or hosting is None:
        return None
    return per_request * requests_per_month + hosting


def usd_per_request(
    costed: Costed,
    price: Price | None,
    requests_per_month: float,
    *,
    cached_share: float | None = None,
) -> float | None:
    """
    USD for one request at this volume, the provider's prompt cache included.

    Without a *price* what was measured holds; that too may be unknown (``None``).
    """
    if price is None:
        return costed.usd_per_request
    share = cached_share
    if share is None:
        share = cache_hit_rate(costed.static_tokens, price, requests_per_month)
    plain = _usd(costed, price, 0.0)
    if plain is None or share == 0:
        return plain
    found, written = _usd(costed, price, 1.0), _usd_writing(costed, price, plain)
    if found is None:
        return plain
    # Nobody has to cache a prefix that is asked for too rarely.
    return min(plain, share * found + (1 - share) * written)


def cache_hit_rate(
    static_tokens: float, price: Price, requests_per_month: float
) -> float:
    """
    Share of requests that find the static part of their prompt in the cache.

    Requests are taken to arrive at random (Poisson): one finds the prefix when the one
    before it came within the cache's lifetime.  0 where no price, lifetime or minimum
    is known, and for a prefix below the minimum.
    """
    ttl_s = cache_ttl_s(static_tokens, price)
    return -math.expm1(-requests_per_month / _SECONDS_PER_MONTH * ttl_s)


def cache_ttl_s(static_tokens: float, price: Price) -> float:
    """Seconds this static part stays cached; 0 where it is not cached at all."""
    minimum, ttl_s = price.cache_min_tokens, price.cache_ttl_s
    if price.cached_usd_per_mtok is None or minimum is None or ttl_s is None:
        return 0.0
    return ttl_s if static_tokens >= minimum else 0.0


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


def payback_months(
    now: Costed,
    then: Costed,
    requests_per_month: float,
    *,
    book: PriceBook | None = None,
    on: date | None = None,
) -> float:
    """
    Months until moving from *now* to *then* has paid for itself.

    Infinite when *then* is no cheaper to run, when a price is unknown, and when its
    model is switched off before that day.  500 tokens saved on each of 100,000
    requests a month, at $0.002 per 1,000 tokens, are $100 a month, so that $50 are
    repaid in two weeks:

    >>> from suffice.results import Measured
    >>> seen = dict(name="", model="gpt-3.5-turbo", candidate_key="", ruling="passed",
    ...     n=100, n_available=100, quality=0.95, quality_low=0.9, quality_high=0.98)
    >>> long = Measured(rung="few-shot", usd_per_request=700 * 0.002 / 1000, **seen)
    >>> short = Measured(rung="fine-tuned", usd_per_request=200 * 0.002 / 1000,
    ...     upfront_usd=50, **seen)
    >>> saved = usd_per_month(long, 100_000) - usd_per_month(short, 100_000)
    >>> round(saved, 6)
    100.0
    >>> round(payback_months(long, short, 100_000), 6)
    0.5
    """
    price_now = book.price(now.model, on) if book and on else None
    price_then = book.price(then.model, on) if book and on else None
    left = months_left(book.shutdown(then.model), on) if book and on else math.inf
    before = usd_per_month(now, requests_per_month, price=price_now)
    after = usd_per_month(then, requests_per_month, price=price_then)
    if before is None or after is None or then.upfront_usd is None:
        return math.inf
    if before <= after:
        return math.inf
    months = then.upfront_usd / (before - after)
    return months if months <= left else math.inf


def months_left(shutdown_on: date | None, on: date) -> float:
    """Months from *on* until the shutdown; 0 after it, infinite without one."""
    if shutdown_on is None:
        return math.inf
    return max(0.0, (shutdown_on - on).days / DAYS_PER_MONTH)


def _usd(costed: Costed, price: Price, cached_share: float) -> float | None:
    return price.usd(
        input_tokens=costed.input_tokens,
        cached_tokens=cached_share * min(costed.static_tokens, costed.input_tokens),
        output_tokens=costed.output_tokens,
        cpu_s=costed.cpu_s,
    )


def _usd_writing(costed: Costed, price: Price, plain: float) -> float:
    write, read = price.cache_write_usd_per_mtok, price.input_usd_per_mtok
    if write is None or read is None:
        return plain
    return plain + costed.static_tokens * (write - read) / 1_000_000


def _over(horizon: float, monthly: float, upfront: float, life: float) -> float:
    if life <= 0:
        return math.inf
    return monthly * horizon + upfront * max(1.0, horizon / life)
