"""
How sure the cost is: the same arithmetic over thousands of possible years.

Volume, tokens, quality and prices are drawn around what was measured; what comes out
are ranges, and how often each candidate is the cheapest one that is good enough.
The spreads are the caller's to say; the defaults are assumptions, not measurements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from suffice.economics.choice import Standard
from suffice.economics.ownership import (
    Terms,
    cache_ttl_s,
    hosting_usd_per_month,
    months_left,
)
from suffice.results import Measured

Floats = npt.NDArray[np.float64]

_SECONDS_PER_MONTH = 365.25 / 12 * 86_400


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How far things may be from what is expected: deviations of logarithms."""

    volume: float = 0.30
    """Of the mean volume over the horizon."""
    growth_per_month: float = 0.0
    """Expected growth; 0.05 is 5 % a month."""
    growth: float = 0.02
    """Standard deviation of that growth, in absolute terms."""
    tokens: float = 0.10
    """Of the questions' length, shared by all, and of each one's answers."""
    price_per_year: float = 0.20
    """Of one model's price after a year."""
    price_drift_per_year: float = 0.0
    """Expected logarithmic change of prices in a year; -0.5 is minus 39 %."""
    upfront: float = 0.20


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


@dataclass(frozen=True, kw_only=True)
class Draws:
    """Possible years, one entry a draw."""

    requests_per_month: Floats
    monthly_usd: Mapping[str, Floats]
    """By candidate key; candidates whose price is unknown are not in it."""
    upfront_usd: Mapping[str, Floats]
    quality: Mapping[str, Floats]
    life_months: Mapping[str, float]
    horizon_months: float

    def total_usd(self, key: str) -> Floats:
        """USD over the horizon, with what dies before its end paid anew."""
        life = self.life_months[key]
        if life <= 0:
            return np.full_like(self.requests_per_month, np.inf)
        again = max(1.0, self.horizon_months / life)
        return self.monthly_usd[key] * self.horizon_months + (
            self.upfront_usd[key] * again
        )


def draw(
    measured: Sequence[Measured],
    terms: Terms,
    *,
    rng: np.random.Generator,
    spread: Spread | None = None,
    n: int = 10_000,
) -> Draws:
    """Draw *n* possible years for all candidates together; the same seed, the same."""
    spread = spread or Spread()
    volume = _volume(terms, spread, rng, n)
    asked = _factor(rng, spread.tokens, n)
    drift: dict[str, Floats] = {}
    monthly, upfront, quality, life = {}, {}, {}, {}
    for m in measured:
        if m.model not in drift:
            drift[m.model] = _price_factor(terms, spread, rng, n)
        answered = _factor(rng, spread.tokens, n)
        paid = _factor(rng, spread.upfront, n)
        right = m.quality * m.n
        # A Jeffreys posterior: also right for graded scores, which scatter less.
        quality[m.candidate_key] = rng.beta(right + 0.5, m.n - right + 0.5, n)
        usd = _monthly(m, terms, volume, asked, answered)
        if usd is None or m.upfront_usd is None:
            continue
        monthly[m.candidate_key] = usd * drift[m.model]
        upfront[m.candidate_key] = m.upfront_usd * paid
        life[m.candidate_key] = months_left(terms.book.shutdown(m.model), terms.on)
    return Draws(
        requests_per_month=volume,
        monthly_usd=monthly,
        upfront_usd=upfront,
        quality=quality,
        life_months=life,
        horizon_months=terms.horizon_months,
    )


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


def _volume(terms: Terms, spread: Spread, rng: np.random.Generator, n: int) -> Floats:
    """Mean volume over the horizon: uncertain now, and growing uncertainly."""
    growth = rng.normal(spread.growth_per_month, spread.growth, n)
    months = np.arange(max(1, round(terms.horizon_months)))
    path = np.exp(np.log1p(np.clip(growth, -0.9, None))[:, None] * months)
    now = terms.requests_per_month * _factor(rng, spread.volume, n)
    return np.asarray(now * path.mean(axis=1))


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


def _monthly(
    m: Measured, terms: Terms, volume: Floats, asked: Floats, answered: Floats
) -> Floats | None:
    """USD a month at today's prices, requests and hosting."""
    price = terms.book.price(m.model, terms.on)
    hosting = hosting_usd_per_month(price)
    if hosting is None:
        return None
    if price is None:
        return None if m.usd_per_request is None else volume * m.usd_per_request
    static = min(m.static_tokens, m.input_tokens)
    read = static + (m.input_tokens - static) * asked
    written = m.output_tokens * answered
    if price.kind != "tokens":
        usd = price.usd(input_tokens=0, output_tokens=0, cpu_s=m.cpu_s)
        return None if usd is None else volume * usd * answered + hosting
    cost_in, cost_out = price.input_usd_per_mtok, price.output_usd_per_mtok
    if cost_in is None or cost_out is None:
        return None
    plain = read * cost_in + written * cost_out
    ttl_s = cache_ttl_s(static, price)
    if ttl_s > 0:
        cached = price.cached_usd_per_mtok or 0.0
        write = price.cache_write_usd_per_mtok
        hit = -np.expm1(-volume / _SECONDS_PER_MONTH * ttl_s)
        found = plain + static * (cached - cost_in)
        missed = plain + static * (0.0 if write is None else write - cost_in)
        plain = np.minimum(plain, hit * found + (1 - hit) * missed)
    return np.asarray(volume * plain / 1_000_000 + hosting)


def _range(values: Floats) -> Range:
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95], method="nearest")
    return Range(low=float(low), middle=float(middle), high=float(high))
