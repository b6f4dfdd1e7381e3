"""
What may change under a verdict: bar, volume, horizon, prices, cached shares.

Each quantity knows where it stands, which values are worth a look, and the choice at
any of them: the same function that made the verdict, everything else held still.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from suffice.economics.caching import cache_hit_rate
from suffice.economics.choice import Choice, Standard, choose
from suffice.economics.ownership import Terms, priced
from suffice.economics.prices import Price
from suffice.results import Measured

PRICE_FIELDS = {
    "input": "input_usd_per_mtok",
    "cached_input": "cached_usd_per_mtok",
    "output": "output_usd_per_mtok",
    "hosting": "hosting_usd_per_hour",
}
"""Name of a price in a flip point, after the model's: ``gpt-6-luna.input``."""

_STEPS = 88
_FACTOR = 1.15
_BAR_STEP = 0.005
_SHARE_STEP = 0.02
_MOST_MONTHS = 600.0


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """One thing that may change, and the choice for each of its values."""

    name: str
    now: float
    choice_at: Callable[[float], Choice]
    step: float | None = None
    """Between two looks; ``None``: they are 15 % apart."""
    most: float = math.inf
    """Largest value worth a look."""

    def outwards(self) -> tuple[list[float], list[float]]:
        """Values above, and values below, nearest first."""
        if self.step is None:
            up = [self.now * _FACTOR**n for n in range(1, _STEPS + 1)]
            up = [value for value in up if value <= self.most]
            return up, [self.now / _FACTOR**n for n in range(1, _STEPS + 1)]
        step, least = self.step, 0.0 if self.name != "bar" else self.step
        up = [self.now + n * step for n in range(1, 201)]
        down = [self.now - n * step for n in range(1, 201)]
        above = [v for v in up if v < 1] + ([1.0] if self.now < 1 else [])
        below = [v for v in down if v > least]
        return above, below + ([least] if self.now > least else [])


def quantities(
    measured: Sequence[Measured], terms: Terms, standard: Standard, now: Choice
) -> list[Quantity]:
    """What may change: the bar, volume, horizon, shares, and prices that matter."""
    good = now.acceptable

    def at_volume(value: float) -> Choice:
        return choose(good, replace(terms, requests_per_month=value), standard)

    def at_horizon(value: float) -> Choice:
        return choose(good, replace(terms, horizon_months=value), standard)

    def with_bar(bar: float) -> Choice:
        return choose(measured, terms, replace(standard, bar=bar))

    volume, horizon = terms.requests_per_month, terms.horizon_months
    found = [
        Quantity(name="bar", now=standard.bar, choice_at=with_bar, step=_BAR_STEP),
        Quantity(name="requests_per_month", now=volume, choice_at=at_volume),
        Quantity(
            name="horizon_months", now=horizon, choice_at=at_horizon, most=_MOST_MONTHS
        ),
    ]
    return found + _price_quantities(terms, standard, now)


def _price_quantities(terms: Terms, standard: Standard, now: Choice) -> list[Quantity]:
    found: dict[str, Quantity] = {}
    for model in sorted({m.model for m in now.acceptable}):
        price = terms.book.price(model, terms.on)
        if price is None:
            continue
        if price.kind == "cpu":
            rate = _cpu_rate(terms, standard, now, price)
            found |= {rate.name: rate} if rate.now > 0 else {}
        for short, field in PRICE_FIELDS.items():
            value = getattr(price, field)
            if value:
                name = f"{price.model}.{short}"
                at = _at_price(terms, standard, now, price, field)
                found[name] = Quantity(name=name, now=value, choice_at=at)
        share = _cached_share(terms, standard, now, model)
        found |= {share.name: share} if share else {}
    return list(found.values())


def _cpu_rate(terms: Terms, standard: Standard, now: Choice, price: Price) -> Quantity:
    def at(value: float) -> Choice:
        book = replace(terms.book, cpu_usd_per_hour=value)
        return choose(now.acceptable, replace(terms, book=book), standard)

    usd = price.cpu_usd_per_hour or 0.0
    return Quantity(name="cpu_usd_per_hour", now=usd, choice_at=at)


def _at_price(
    terms: Terms, standard: Standard, now: Choice, price: Price, field: str
) -> Callable[[float], Choice]:
    def at(value: float) -> Choice:
        changed = replace(price, **{field: value})  # type: ignore[arg-type]
        book = terms.book.with_price(changed)
        return choose(now.acceptable, replace(terms, book=book), standard)

    return at


def _cached_share(
    terms: Terms, standard: Standard, now: Choice, model: str
) -> Quantity | None:
    """Share of its static prompts read from the cache; ``None`` where none can be."""
    price = priced(model, terms)
    if price is None or price.cached_usd_per_mtok is None:
        return None
    static = max(m.static_tokens for m in now.acceptable if m.model == model)
    if static <= 0 or static < (price.cache_min_tokens or 0):
        return None
    share = terms.share_of(model)
    if share is None:
        share = cache_hit_rate(static, price, terms.mean_requests_per_month)

    def at(value: float) -> Choice:
        shares = {**terms.cached_shares, model: value}
        return choose(now.acceptable, replace(terms, cached_shares=shares), standard)

    return Quantity(
        name=f"{model}.cached_share", now=share, choice_at=at, step=_SHARE_STEP
    )
