"""
Flip points: the value at which the verdict would change, everything else held still.

Each quantity is walked outwards from where it stands until the choice changes, and
that change is then closed in on by halving, down to the precision of the numbers.  The
walk asks the same function that made the choice, so that a flip point cannot disagree
with the verdict.  Between two steps (15 % apart, 0.005 for the bar) a choice that
changes and changes back would be missed; beyond a factor of 200,000 nobody looks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from suffice.economics.choice import Choice, Standard, choose
from suffice.economics.ownership import Terms
from suffice.economics.prices import Price
from suffice.economics.wording import count, digits, dollars, label
from suffice.results import FlipPoint, Measured

NOTHING = "nothing-suffices"

_STEPS = 88
_FACTOR = 1.15
_BAR_STEP = 0.005
PRICE_FIELDS = {
    "input": "input_usd_per_mtok",
    "cached_input": "cached_usd_per_mtok",
    "output": "output_usd_per_mtok",
    "hosting": "hosting_usd_per_hour",
}
"""Name of a price in a flip point, after the model's: ``gpt-6-luna.input``."""


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """One thing that may change, and the choice for each of its values."""

    name: str
    now: float
    choice_at: Callable[[float], Choice]


def flip_points(
    measured: Sequence[Measured], terms: Terms, standard: Standard
) -> tuple[FlipPoint, ...]:
    """The nearest flip on either side, for volume, horizon, bar and every price."""
    now = choose(measured, terms, standard)
    found: list[FlipPoint] = []
    for quantity in quantities(measured, terms, standard, now):
        bar = quantity.name == "bar"
        for values in _outwards(quantity.now, bar=bar):
            flip = _first_flip(quantity, values, _key(now))
            if flip is not None:
                found.append(flip)
    return tuple(found)


def quantities(
    measured: Sequence[Measured], terms: Terms, standard: Standard, now: Choice
) -> list[Quantity]:
    """What may change: the bar, volume, horizon, and the prices that matter."""
    good = now.acceptable

    def at_volume(value: float) -> Choice:
        return choose(good, replace(terms, requests_per_month=value), standard)

    def at_horizon(value: float) -> Choice:
        return choose(good, replace(terms, horizon_months=value), standard)

    def with_bar(bar: float) -> Choice:
        return choose(measured, terms, replace(standard, bar=bar))

    found = [Quantity(name="bar", now=standard.bar, choice_at=with_bar)]
    if len(now.acceptable) < 2:
        return found
    volume, horizon = terms.requests_per_month, terms.horizon_months
    found += [
        Quantity(name="requests_per_month", now=volume, choice_at=at_volume),
        Quantity(name="horizon_months", now=horizon, choice_at=at_horizon),
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


def _outwards(now: float, *, bar: bool) -> tuple[list[float], list[float]]:
    if bar:
        up = [now + n * _BAR_STEP for n in range(1, 200)]
        down = [now - n * _BAR_STEP for n in range(1, 200)]
        return ([v for v in up if v < 1] + [1.0], [v for v in down if v > 0])
    up = [now * _FACTOR**n for n in range(1, _STEPS + 1)]
    return up, [now / _FACTOR**n for n in range(1, _STEPS + 1)]


def _first_flip(
    quantity: Quantity, values: Sequence[float], key: str | None
) -> FlipPoint | None:
    before = quantity.now
    for value in values:
        if _key(quantity.choice_at(value)) != key:
            at = _halve(quantity, before, value, key)
            return _flip(quantity, at, quantity.choice_at(at).chosen)
        before = value
    return None


def _halve(quantity: Quantity, same: float, other: float, key: str | None) -> float:
    """The value next to *same* at which the choice is already another one."""
    while abs(other - same) > 1e-13 * max(abs(other), abs(same)):
        middle = (same + other) / 2
        if middle in (same, other):
            break
        if _key(quantity.choice_at(middle)) == key:
            same = middle
        else:
            other = middle
    return other


def _flip(quantity: Quantity, at: float, chosen: Measured | None) -> FlipPoint:
    above = at > quantity.now
    to = (
        "nothing is proved to suffice"
        if chosen is None
        else f"{label(chosen)} takes over"
    )
    return FlipPoint(
        quantity=quantity.name,
        now=quantity.now,
        at=at,
        to=NOTHING if chosen is None else chosen.candidate_key,
        text=f"{_where(quantity.name, at, above)} {to} (now {_value(quantity)}).",
    )


def _where(name: str, at: float, above: bool) -> str:
    if name == "requests_per_month":
        side = "From" if above else "Below"
        return f"{side} {digits(at)} requests a month"
    if name == "horizon_months":
        return f"With a horizon {'over' if above else 'under'} {digits(at)} months"
    if name == "bar":
        return f"With a bar {'above' if above else 'down to'} {at:.3f}"
    return (
        f"If {_spoken(name)} {'rises above' if above else 'falls below'} {dollars(at)}"
    )


def _spoken(name: str) -> str:
    if name == "cpu_usd_per_hour":
        return "the price of a CPU hour"
    model, _, short = name.rpartition(".")
    return f"the {short.replace('_', ' ')} price of {model}"


def _value(quantity: Quantity) -> str:
    if quantity.name == "requests_per_month":
        return count(quantity.now)
    if quantity.name in ("horizon_months", "bar"):
        return f"{quantity.now:g}"
    return dollars(quantity.now)


def _key(choice: Choice) -> str | None:
    return None if choice.chosen is None else choice.chosen.candidate_key
