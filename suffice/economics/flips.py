"""
Flip points: the value at which the verdict would change, everything else held still.

Each quantity is walked outwards from where it stands until the choice changes, and
that change is then closed in on by halving, down to the precision of the numbers.  The
walk asks the same function that made the choice, so that a flip point cannot disagree
with the verdict.  Between two steps (15 % apart, 0.005 for the bar, 0.02 for a cached
share) a choice that changes and changes back would be missed; beyond a factor of
200,000 nobody looks.
"""

from __future__ import annotations

from collections.abc import Sequence

from suffice.economics.choice import Choice, Standard, choose
from suffice.economics.ownership import Terms
from suffice.economics.quantities import PRICE_FIELDS, Quantity, quantities
from suffice.economics.retirement import NOTHING, retirement_flips
from suffice.economics.wording import count, digits, dollars, label
from suffice.results import FlipPoint, Measured

__all__ = [
    "NOTHING",
    "PRICE_FIELDS",
    "Quantity",
    "flip_points",
    "quantities",
    "turning",
]


def flip_points(
    measured: Sequence[Measured], terms: Terms, standard: Standard
) -> tuple[FlipPoint, ...]:
    """The nearest flip on either side, for each quantity, and for retirements."""
    now = choose(measured, terms, standard)
    found: list[FlipPoint] = []
    for quantity in quantities(measured, terms, standard, now):
        if quantity.name != "bar" and len(now.acceptable) < 2:
            continue
        for values in quantity.outwards():
            flip = _first_flip(quantity, values, _key(now))
            if flip is not None:
                found.append(flip)
    return (*found, *retirement_flips(now, terms, standard))


def turning(flips: Sequence[FlipPoint], measured: Sequence[Measured]) -> str:
    """
    Who takes over, and from when, in one sentence; empty where nothing turns it.

    Volume first, then prices: "Fine-tuned on X takes over from 412,000 requests a
    month, or if the input price of Y rises above $0.31."
    """
    names = {m.candidate_key: label(m) for m in measured}
    shown = [f for f in flips if f.to in names and _moves(f.quantity)]
    shown.sort(key=lambda f: f.quantity != "requests_per_month")
    if not shown:
        return ""
    name, clauses = names[shown[0].to], []
    for flip in shown:
        if flip.to == shown[0].to:
            clause = flip.text.split(f" {name} takes over")[0]
            clauses.append(clause[0].lower() + clause[1:])
    return f"{name[0].upper()}{name[1:]} takes over {', or '.join(clauses[:2])}."


def _moves(quantity: str) -> bool:
    """Volume and prices, which change by themselves; a bar does not."""
    last = quantity.rpartition(".")[2]
    return quantity in ("requests_per_month", "cpu_usd_per_hour") or (
        last in PRICE_FIELDS
    )


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
    if name.endswith(".cached_share"):
        side = "more" if above else "less"
        model = name.removesuffix(".cached_share")
        return f"With {side} than {at:.0%} of {model}'s static prompt read from cache"
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
    if quantity.name.endswith(".cached_share"):
        return f"{quantity.now:.0%}"
    return dollars(quantity.now)


def _key(choice: Choice) -> str | None:
    return None if choice.chosen is None else choice.chosen.candidate_key
