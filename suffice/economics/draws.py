"""
Possible years: volume, growth, tokens, prices and quality drawn around the measured.

The spreads are the caller's to say; the defaults are assumptions, not measurements.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from suffice.costs import Costs
from suffice.economics.caching import cache_ttl_s
from suffice.economics.ownership import (
    hosting_usd_per_month,
    months_left,
    paid_life_months,
    priced,
    times_paid,
)
from suffice.economics.price import Price
from suffice.economics.rungs import retrieves
from suffice.economics.terms import SECONDS_PER_MONTH, Terms
from suffice.results import Measured

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How far things may be from what is expected: deviations of logarithms."""

    volume: float = 0.30
    """Of the mean volume over the horizon."""
    growth: float = 0.02
    """Standard deviation of the growth a month, in absolute terms."""
    tokens: float = 0.10
    """Of the questions' length, shared by all, and of each one's answers."""
    price_per_year: float = 0.20
    """Of one model's price after a year."""
    price_drift_per_year: float = 0.0
    """Expected logarithmic change of prices in a year; -0.5 is minus 39 %."""
    upfront: float = 0.20


def spread_of(costs: Costs) -> Spread:
    """The spreads that the brief gives, and the default ones."""
    return Spread(
        volume=costs.volume_uncertainty,
        growth=costs.growth_uncertainty,
        price_drift_per_year=math.log1p(costs.price_drift_per_year),
    )


@dataclass(frozen=True, kw_only=True)
class Draws:
    """Possible years, one entry a draw."""

    requests_per_month: Floats
    """Mean over the horizon."""
    monthly_usd: Mapping[str, Floats]
    """Mean over the horizon, by candidate key; candidates whose price is unknown are
    not in it."""
    running_usd: Mapping[str, Floats]
    """All months together, discounted."""
    upfront_usd: Mapping[str, Floats]
    quality: Mapping[str, Floats]
    life_months: Mapping[str, float]
    times_paid: Mapping[str, float]
    """How often the upfront cost counts within the horizon."""
    horizon_months: float

    def total_usd(self, key: str) -> Floats:
        """USD over the horizon, with what dies before its end paid anew."""
        if self.life_months[key] <= 0:
            return np.full_like(self.requests_per_month, np.inf)
        return self.running_usd[key] + self.upfront_usd[key] * self.times_paid[key]


@dataclass(frozen=True, kw_only=True)
class _Years:
    """What all candidates of a draw share."""

    volume: Floats
    """Mean requests a month."""
    volume_months: Floats
    """Requests over the horizon, discounted."""
    asked: Floats
    """Length of the questions against the measured one."""


def draw(
    measured: Sequence[Measured],
    terms: Terms,
    *,
    rng: np.random.Generator,
    spread: Spread | None = None,
    n: int = 10_000,
) -> Draws:
    """Draw *n* possible years for all candidates together; the same seed, the same."""
    spread = spread or spread_of(terms.costs)
    years = _years(terms, spread, rng, n)
    drift: dict[str, Floats] = {}
    monthly, running, upfront, quality, life, times = {}, {}, {}, {}, {}, {}
    for m in measured:
        key = m.candidate_key
        if m.model not in drift:
            drift[m.model] = _price_factor(terms, spread, rng, n)
        answered, paid = (_factor(rng, s, n) for s in (spread.tokens, spread.upfront))
        quality[key] = _quality(m, rng, n)
        bill = _bill(m, terms, years, answered, drift[m.model])
        if bill is None or m.upfront_usd is None:
            continue
        monthly[key], running[key] = bill
        upfront[key] = m.upfront_usd * paid
        life[key] = months_left(terms.book.shutdown(m.model), terms.on)
        lasts = paid_life_months(m, terms, life[key])
        times[key] = times_paid(terms.horizon_months, lasts, terms.discount_rate)
    return Draws(
        requests_per_month=years.volume,
        monthly_usd=monthly,
        running_usd=running,
        upfront_usd=upfront,
        quality=quality,
        life_months=life,
        times_paid=times,
        horizon_months=terms.horizon_months,
    )


def _bill(
    m: Measured, terms: Terms, years: _Years, answered: Floats, drift: Floats
) -> tuple[Floats, Floats] | None:
    """USD of a mean month, and of all months; ``None`` where a price is unknown."""
    usd = _usd_per_request(m, terms, years, answered, drift)
    hosting = hosting_usd_per_month(priced(m.model, terms))
    if usd is None or hosting is None:
        return None
    fixed = hosting * drift + terms.costs.monitoring_usd_per_month
    running = usd * years.volume_months + fixed * terms.fixed_months
    return usd * years.volume + fixed, running


def _quality(m: Measured, rng: np.random.Generator, n: int) -> Floats:
    """A Jeffreys posterior: also right for graded scores, which scatter less."""
    right = m.quality * m.n
    return rng.beta(right + 0.5, m.n - right + 0.5, n)


def _years(terms: Terms, spread: Spread, rng: np.random.Generator, n: int) -> _Years:
    """Volume: uncertain now, and growing uncertainly."""
    monthly = rng.normal(terms.costs.growth_per_month, spread.growth, n)
    growth = np.log1p(np.clip(monthly, -0.9, None))
    now = terms.requests_per_month * _factor(rng, spread.volume, n)
    horizon = terms.horizon_months
    return _Years(
        volume=now * _months_worth(horizon, growth) / horizon,
        volume_months=now * _months_worth(horizon, growth - terms.discount_rate),
        asked=_factor(rng, spread.tokens, n),
    )


def _months_worth(horizon: float, rate: Floats) -> Floats:
    safe = np.where(np.abs(rate) < 1e-12, 1.0, rate)
    worth = np.expm1(safe * horizon) / safe
    return np.asarray(np.where(np.abs(rate) < 1e-12, horizon, worth))


def _factor(rng: np.random.Generator, sd: float, n: int) -> Floats:
    """A factor around 1 whose mean is 1."""
    return np.asarray(rng.lognormal(-sd * sd / 2, sd, n))


def _price_factor(
    terms: Terms, spread: Spread, rng: np.random.Generator, n: int
) -> Floats:
    """Mean price over the horizon against today's: half the way to its end."""
    years = terms.horizon_months / 12
    at_end = rng.normal(
        spread.price_drift_per_year * years, spread.price_per_year * years**0.5, n
    )
    return np.asarray((1 + np.exp(at_end)) / 2)


def _usd_per_request(
    m: Measured, terms: Terms, years: _Years, answered: Floats, drift: Floats
) -> Floats | None:
    """USD for one request, with what the terms add to the call itself."""
    call = _call_usd(m, terms, years, answered)
    if call is None:
        return None
    costs = terms.costs
    judged = costs.judge_usd_per_answer
    judged = m.judge_usd_per_example or 0.0 if judged is None else judged
    added = costs.monitored_share * judged
    if retrieves(m.rung):
        added += costs.retrieval_usd_per_request
    return np.asarray(call * drift * (1 + costs.retry_share) + added)


def _call_usd(
    m: Measured, terms: Terms, years: _Years, answered: Floats
) -> Floats | float | None:
    """USD for one call at today's prices."""
    price = priced(m.model, terms)
    if price is None:
        return m.usd_per_request
    if price.kind != "tokens":
        usd = price.usd(input_tokens=0, output_tokens=0, cpu_s=m.cpu_s)
        return None if usd is None else usd * answered
    cost_in, cost_out = price.input_usd_per_mtok, price.output_usd_per_mtok
    if cost_in is None or cost_out is None:
        return None
    static = min(m.static_tokens, m.input_tokens)
    read = static + (m.input_tokens - static) * years.asked
    plain = read * cost_in + m.output_tokens * answered * cost_out
    share = terms.share_of(m.model)
    return np.asarray(_cached(plain, static, price, share, years) / 1_000_000)


def _cached(
    plain: Floats, static: float, price: Price, share: float | None, years: _Years
) -> Floats:
    """Millionths of USD with the prompt cache, where that is cheaper."""
    cost_in, cached = price.input_usd_per_mtok, price.cached_usd_per_mtok
    assert cost_in is not None
    hit: Floats | float
    if share is None:
        ttl_s = cache_ttl_s(static, price)
        hit = -np.expm1(-years.volume / SECONDS_PER_MONTH * ttl_s)
    else:
        hit = 0.0 if static < (price.cache_min_tokens or 0) else share
    write = price.cache_write_usd_per_mtok
    found = plain + static * ((cost_in if cached is None else cached) - cost_in)
    missed = plain + static * (0.0 if write is None else write - cost_in)
    return np.asarray(np.minimum(plain, hit * found + (1 - hit) * missed))
