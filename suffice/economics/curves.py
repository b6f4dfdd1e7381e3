"""
Figures of a stored verdict for its report: cost over time, and what it depends on.

Pure: everything comes from the verdict, the brief and the price book; no model is
called.  The same seed gives the same bands.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from suffice.brief import Brief
from suffice.economics.choice import Standard
from suffice.economics.draws import Draws, draw
from suffice.economics.ownership import Ownership, Terms, own, paid_life_months
from suffice.economics.prices import PriceBook
from suffice.economics.terms import months_worth, terms_of
from suffice.economics.wording import label
from suffice.results import Measured, Verdict

_POINTS = 49
_N_DRAWS = 2_000


@dataclass(frozen=True, kw_only=True)
class Curve:
    """What one candidate has cost in all, month by month."""

    candidate_key: str
    label: str
    months: tuple[float, ...]
    """From 0 to the horizon; a payment stands twice, before and after it."""
    low: tuple[float, ...]
    """USD so far: 5 % of the possible years cost less."""
    middle: tuple[float, ...]
    high: tuple[float, ...]
    """95 % of the possible years cost less."""
    paid_at: tuple[float, ...]
    """Months at which the upfront cost is paid: at the start, and when the model is
    switched off or trained anew within the horizon."""
    shutdown_month: float | None
    """Month its model is switched off, where that is known and within the horizon."""


def cumulative_costs(
    verdict: Verdict,
    brief: Brief,
    book: PriceBook,
    *,
    on: date | None = None,
    seed: int = 7,
) -> tuple[Curve, ...]:
    """
    Cost over time of every candidate whose price is known, in the ladder's order.

    Reckoned from *on*, the day of the verdict's prices where none is given.  A
    candidate whose model is already switched off has no curve.  An upfront payment is
    drawn in full when it falls due; totals of ownership spread it over its life.
    """
    terms, _ = circumstances_of(verdict, brief, book, on)
    rng = np.random.default_rng(seed)
    draws = draw(verdict.ladder, terms, rng=rng, n=_N_DRAWS)
    return tuple(
        _curve(m, terms, draws)
        for m in verdict.ladder
        if m.candidate_key in draws.running_usd
        and draws.life_months[m.candidate_key] > 0
    )


def break_even_month(now: Curve, then: Curve) -> float | None:
    """
    First month from which *then* has cost no more than *now*, in the middle year.

    ``None`` when it never does within the horizon.  Both must come from one call of
    ``cumulative_costs``.
    """
    months = sorted({*now.months, *then.months})
    gap = [_at(then, t) - _at(now, t) for t in months]
    for i, value in enumerate(gap):
        if value <= 0 and all(g <= 0 for g in gap[i:]):
            if i == 0:
                return months[0]
            rise = gap[i - 1] - value
            share = gap[i - 1] / rise if rise > 0 else 1.0
            return months[i - 1] + share * (months[i] - months[i - 1])
    return None


def circumstances_of(
    verdict: Verdict, brief: Brief, book: PriceBook, on: date | None = None
) -> tuple[Terms, Standard]:
    """The terms and the standard a stored verdict was made under."""
    told = {**verdict.shutdowns_told, **book.shutdowns}
    terms = terms_of(
        brief,
        replace(book, shutdowns=told),
        on or verdict.prices_on,
        verdict.requests_per_month,
    )
    terms = replace(
        terms,
        horizon_months=verdict.horizon_months,
        cached_shares=verdict.cached_shares,
    )
    return terms, Standard(
        bar=verdict.bar,
        measured_bar=verdict.measured_bar or verdict.bar,
        margin=verdict.margin,
        max_latency_s=brief.max_latency_s,
        non_inferior=dict.fromkeys(verdict.non_inferior, True),
    )


def ownership_of(
    verdict: Verdict, brief: Brief, book: PriceBook, on: date | None = None
) -> dict[str, Ownership]:
    """What owning each candidate of a stored verdict costs, by its key."""
    terms, _ = circumstances_of(verdict, brief, book, on)
    return {m.candidate_key: own(m, terms) for m in verdict.ladder}


def _curve(m: Measured, terms: Terms, draws: Draws) -> Curve:
    key, horizon = m.candidate_key, terms.horizon_months
    life = draws.life_months[key]
    paid = _payments(m, terms, life)
    points = [(float(t), _n_paid(t, paid)) for t in np.linspace(0, horizon, _POINTS)]
    for n, payment in enumerate(paid[1:], 1):
        points += [(payment, n), (payment, n + 1)]
    months, n_paid = zip(*sorted(points), strict=True)
    rate = math.log1p(terms.costs.growth_per_month) - terms.discount_rate
    whole = months_worth(horizon, rate)
    so_far = [months_worth(t, rate) / whole for t in months]
    usd = np.outer(draws.running_usd[key], so_far)
    usd += np.outer(draws.upfront_usd[key], n_paid)
    low, middle, high = np.quantile(usd, [0.05, 0.5, 0.95], axis=0)
    return Curve(
        candidate_key=key,
        label=label(m),
        months=months,
        low=tuple(low.tolist()),
        middle=tuple(middle.tolist()),
        high=tuple(high.tolist()),
        paid_at=tuple(paid),
        shutdown_month=life if life <= horizon else None,
    )


def _payments(m: Measured, terms: Terms, life: float) -> list[float]:
    lasts = paid_life_months(m, terms, life)
    if not m.upfront_usd or lasts >= terms.horizon_months:
        return [0.0]
    return [n * lasts for n in range(math.ceil(terms.horizon_months / lasts))]


def _n_paid(month: float, paid: Sequence[float]) -> int:
    return max(1, sum(p < month for p in paid))


def _at(curve: Curve, month: float) -> float:
    return float(np.interp(month, _spread(curve.months), curve.middle))


def _spread(months: Sequence[float]) -> list[float]:
    """Strictly rising, so that a payment is a step and not an accident."""
    return [t + 1e-9 * (i and t == months[i - 1]) for i, t in enumerate(months)]
