"""What changed in the price book between two days, and which verdicts it touches."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Literal

from suffice.economics.prices import Price, PriceBook
from suffice.economics.wording import dollars
from suffice.results import Verdict

_PRICES = tuple(f.name for f in fields(Price) if "_usd_" in f.name or "_per_" in f.name)


@dataclass(frozen=True, kw_only=True)
class PriceChange:
    """One model whose price, or existence, is another one than it was."""

    model: str
    kind: Literal["new", "changed", "unpriced", "switched off"]
    on: date
    """Day it took effect."""
    text: str


def changes(book: PriceBook, since: date, until: date) -> tuple[PriceChange, ...]:
    """Everything that took effect after *since*, up to and with *until*; by day."""
    found: list[PriceChange] = []
    for model in sorted({row.model for row in book.rows}):
        before, after = book.price(model, since), book.price(model, until)
        gone = book.shutdown(model)
        if gone is not None and since < gone <= until:
            text = f"{model} was switched off."
            found.append(
                PriceChange(model=model, kind="switched off", on=gone, text=text)
            )
        elif before is None and after is not None:
            text = f"{model} has a price: {_told(after)}."
            found.append(
                PriceChange(model=model, kind="new", on=after.from_date, text=text)
            )
        elif before is not None and after is None and before.to_date is not None:
            text = f"{model} has no price any more."
            day = before.to_date
            found.append(PriceChange(model=model, kind="unpriced", on=day, text=text))
        elif before is not None and after is not None and differ(before, after):
            text = f"{model}: {_told(after)}, before {_told(before)}."
            day = after.from_date
            found.append(PriceChange(model=model, kind="changed", on=day, text=text))
    return tuple(sorted(found, key=lambda c: (c.on, c.model)))


def touched(
    verdict: Verdict, book: PriceBook, found: tuple[PriceChange, ...]
) -> tuple[PriceChange, ...]:
    """The changes that concern a candidate of this verdict."""
    rows = set()
    for measured in verdict.ladder:
        for change in found:
            row = book.price(measured.model, change.on)
            if change.model in (measured.model, row.model if row else None):
                rows.add(change.model)
    return tuple(change for change in found if change.model in rows)


def differ(one: Price, two: Price) -> bool:
    """Whether anything that costs money is another; dates and notes may differ."""
    return any(getattr(one, name) != getattr(two, name) for name in _PRICES)


def _told(price: Price) -> str:
    if price.kind == "hosted":
        return f"{dollars(price.hosting_usd_per_hour)} an hour"
    if price.kind == "cpu":
        return f"{dollars(price.cpu_usd_per_hour)} a CPU hour"
    return (
        f"{dollars(price.input_usd_per_mtok)} in and "
        f"{dollars(price.output_usd_per_mtok)} out per million tokens"
    )
