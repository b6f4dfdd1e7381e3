"""
The provider's prompt cache: how often it is hit, and what a request costs with it.

The static part of a prompt is found in the cache when the request before came within
the cache's lifetime; below the provider's least prefix nothing is cached.
"""

from __future__ import annotations

import math
from typing import Protocol

from suffice.economics.prices import Price
from suffice.economics.terms import SECONDS_PER_MONTH


class Asked(Protocol):
    """What one request sends and gets, on average."""

    @property
    def input_tokens(self) -> float: ...
    @property
    def output_tokens(self) -> float: ...
    @property
    def static_tokens(self) -> float: ...
    @property
    def cpu_s(self) -> float | None: ...


def call_usd(
    asked: Asked,
    price: Price,
    requests_per_month: float,
    *,
    cached_share: float | None = None,
) -> float | None:
    """
    USD for one call at this volume, cached where that is cheaper.

    A *cached_share* that was measured wins over the one reckoned from the volume; a
    prefix below the provider's least is cached in neither case.
    """
    share = cached_share
    if share is None:
        share = cache_hit_rate(asked.static_tokens, price, requests_per_month)
    elif asked.static_tokens < (price.cache_min_tokens or 0):
        share = 0.0
    plain = _usd(asked, price, 0.0)
    if plain is None or share == 0:
        return plain
    found, written = _usd(asked, price, 1.0), _usd_writing(asked, price, plain)
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
    return -math.expm1(-requests_per_month / SECONDS_PER_MONTH * ttl_s)


def cache_ttl_s(static_tokens: float, price: Price) -> float:
    """Seconds this static part stays cached; 0 where it is not cached at all."""
    minimum, ttl_s = price.cache_min_tokens, price.cache_ttl_s
    if price.cached_usd_per_mtok is None or minimum is None or ttl_s is None:
        return 0.0
    return ttl_s if static_tokens >= minimum else 0.0


def _usd(asked: Asked, price: Price, cached_share: float) -> float | None:
    return price.usd(
        input_tokens=asked.input_tokens,
        cached_tokens=cached_share * min(asked.static_tokens, asked.input_tokens),
        output_tokens=asked.output_tokens,
        cpu_s=asked.cpu_s,
    )


def _usd_writing(asked: Asked, price: Price, plain: float) -> float:
    write, read = price.cache_write_usd_per_mtok, price.input_usd_per_mtok
    if write is None or read is None:
        return plain
    return plain + asked.static_tokens * (write - read) / 1_000_000
