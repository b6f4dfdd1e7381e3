"""
The prices a verdict was made at, kept beside it.

A user may correct a row in place, without a new date: only what was kept can tell that
the price is another one now.
"""

from __future__ import annotations

from dataclasses import replace

from pydantic import TypeAdapter

from suffice.economics.prices import Price, PriceBook
from suffice.files import write_atomically
from suffice.results import Verdict
from suffice.stages.climb import Climb
from suffice.stages.table import prices

_PRICES = TypeAdapter(dict[str, Price | None])
_FILE = "prices.json"


def keep(climb: Climb, verdict: Verdict) -> None:
    """Store the row of every model on the ladder, as of the verdict."""
    book = prices(climb.brief)
    rows = {m.model: book.price(m.model, verdict.prices_on) for m in verdict.ladder}
    write_atomically(climb.folder / _FILE, _PRICES.dump_json(rows).decode())


def read(climb: Climb, book: PriceBook) -> PriceBook | None:
    """*book* with the rows that were kept; ``None`` where none were."""
    path = climb.folder / _FILE
    if not path.exists():
        return None
    kept = _PRICES.validate_json(path.read_bytes())
    for model, row in kept.items():
        if row is not None:
            book = book.with_price(replace(row, model=model))
    return book
