"""
Changes to the circumstances of a verdict, as a user writes them.

A change is written ``name=value``: ``requests_per_month=500000``,
``bar=0.85``, ``horizon_months=6``, ``cpu_usd_per_hour=0.1``, the price of a model,
``gpt-6-luna.output=0.9`` in USD per million tokens (``.hosting`` in USD an hour), the
share of its prompt read from cache, ``gpt-6-luna.cached_share=0.5``, or the day it is
switched off, ``gpt-6-luna.shutdown=2027-06-30``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from suffice.economics.prices import Price, PriceBook
from suffice.economics.quantities import PRICE_FIELDS
from suffice.errors import BadBrief

_OF_THE_BRIEF = ("requests_per_month", "horizon_months", "bar", "margin")


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """Changes, understood."""

    book: PriceBook
    """The prices and shutdown days with the changes."""
    values: dict[str, float] = field(default_factory=dict)
    """What is changed of the brief: volume, horizon, bar, margin."""
    cached_shares: dict[str, float] = field(default_factory=dict)


def what_if(changes: Sequence[str], book: PriceBook, on: date) -> WhatIf:
    """
    The changes, applied to *book* on that day.

    Raises ``BadBrief`` for a change that cannot be understood.
    """
    values: dict[str, float] = {}
    shares: dict[str, float] = {}
    for change in changes:
        name, text = _split(change)
        if name.endswith(".shutdown"):
            model = name.removesuffix(".shutdown")
            book = book.with_shutdown(model, _day(change, text))
            continue
        value = _number(change, text)
        if name in _OF_THE_BRIEF:
            values[name] = _in_range(change, name, value)
        elif name == "cpu_usd_per_hour":
            book = replace(book, cpu_usd_per_hour=value)
        elif name.endswith(".cached_share"):
            shares[name.removesuffix(".cached_share")] = _share(change, value)
        else:
            book = _with_price(book, on, name, value)
    return WhatIf(book=book, values=values, cached_shares=shares)


def _split(change: str) -> tuple[str, str]:
    name, equals, text = change.rpartition("=")
    if not equals or not name.strip():
        raise _unclear(change)
    return name.strip(), text.strip()


def _number(change: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise _unclear(change)
    return value


def _unclear(change: str) -> BadBrief:
    return BadBrief(
        f"{change!r} is no change: write name=value with a number of 0 or more, "
        "such as requests_per_month=500000 or gpt-6-luna.output=0.9."
    )


def _in_range(change: str, name: str, value: float) -> float:
    if name in ("requests_per_month", "horizon_months") and value == 0:
        raise BadBrief(f"{change!r}: {name} must be more than 0.")
    if name == "bar" and not 0 < value <= 1:
        raise BadBrief(f"{change!r}: a bar lies above 0 and up to 1.")
    return value


def _share(change: str, value: float) -> float:
    if value > 1:
        raise BadBrief(f"{change!r}: a share lies between 0 and 1.")
    return value


def _day(change: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadBrief(f"{change!r}: give a day such as 2027-01-14.") from error


def _with_price(book: PriceBook, on: date, name: str, value: float) -> PriceBook:
    model, _, short = name.rpartition(".")
    field = PRICE_FIELDS.get(short)
    if not model or field is None:
        raise BadBrief(
            f"{name!r} cannot be changed: give one of {', '.join(_OF_THE_BRIEF)}, "
            f"cpu_usd_per_hour, or MODEL.{'|'.join(PRICE_FIELDS)}."
        )
    known = book.price(model, on)
    # A price nobody knew is still unknown in its other parts.
    row = known or Price(model=model, provider="given", from_date=on)
    return book.with_price(replace(row, **{field: value}))  # type: ignore[arg-type]
