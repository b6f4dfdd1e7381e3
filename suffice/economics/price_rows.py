"""Reading price rows from TOML: every row is checked, every refusal names its place."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

from suffice.economics.prices import Kind, Price
from suffice.errors import BadBrief

PER_MTOK = {
    "input": "input_usd_per_mtok",
    "cached_input": "cached_usd_per_mtok",
    "cache_write": "cache_write_usd_per_mtok",
    "output": "output_usd_per_mtok",
    "training": "training_usd_per_mtok",
}
"""Keys of ``usd_per_mtok``, and the fields of `Price` they fill."""
NUMBERS = (
    "batch_multiplier",
    "flex_multiplier",
    "priority_multiplier",
    "cpu_usd_per_hour",
    "hosting_usd_per_hour",
    "min_charge_usd",
    "cache_min_tokens",
    "cache_ttl_s",
    "context_tokens",
)
"""Keys that hold numbers, called as their fields are."""
DATES = {
    "from": "from_date",
    "to": "to_date",
    "shutdown": "shutdown_on",
    "trainable_until": "trainable_until",
    "checked": "checked_on",
}
"""Keys that hold days, and the fields they fill."""
_TEXTS = ("model", "provider", "kind", "source", "seen_in", "note")
NEEDED = ("model", "provider", "from", "source")
"""Keys without which a row is refused."""


def read_rows(path: Path) -> tuple[Price, ...]:
    """
    The rows of one file, ordered by model and day.

    Raises ``BadBrief`` for a file that is no TOML, a row that is malformed, or two
    rows of one model that hold on the same day.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadBrief(f"The price file {path} cannot be read: {error}.") from error
    except ValueError as error:
        raise BadBrief(f"The price file {path} is not TOML: {error}.") from error
    rows = content.get("price")
    if set(content) - {"price"} or not isinstance(rows, list):
        raise BadBrief(
            f"{path} has the top-level keys {sorted(content)}: "
            "give price rows, each under [[price]]."
        )
    return rows_of(rows, str(path))


def rows_of(rows: Sequence[Mapping[str, Any]], where: str) -> tuple[Price, ...]:
    """
    Rows that stand somewhere else than in a file, checked as strictly.

    *where* names the place in refusals; days may be text such as 2026-11-21.
    """
    prices = [_Row(where, n, row).price() for n, row in enumerate(rows, 1)]
    prices.sort(key=lambda p: (p.model, p.from_date))
    _refuse_overlap(where, prices)
    return tuple(prices)


def _refuse_overlap(where: str, prices: Sequence[Price]) -> None:
    for one, two in pairwise(prices):
        if one.model == two.model and one.holds(two.from_date):
            raise BadBrief(
                f"{where} has two prices of {one.model!r} on {two.from_date}: "
                f"end the row from {one.from_date} with to = {two.from_date}."
            )


class _Row:
    """One row on its way from TOML to ``Price``, with the words to refuse it."""

    def __init__(self, where: str, number: int, row: Mapping[str, Any]) -> None:
        self.row = row
        self.where = f"{where}, price row {number} ({row.get('model', 'no model')!r})"

    def price(self) -> Price:
        known = {*_TEXTS, *NUMBERS, *DATES, "usd_per_mtok", "verified"}
        for key in self.row:
            if key not in known:
                raise self.bad(key, f"is no key of a price row: use {sorted(known)}")
        for key in NEEDED:
            if key not in self.row:
                raise self.bad(key, "is missing")
        fields: dict[str, Any] = {k: self.text(k) for k in _TEXTS if k in self.row}
        fields |= {v: self.day(k) for k, v in DATES.items() if k in self.row}
        fields |= {k: self.number(k, self.row[k]) for k in NUMBERS if k in self.row}
        fields |= self.per_mtok()
        if not isinstance(self.row.get("verified", False), bool):
            raise self.bad("verified", "must be true or false")
        price = Price(**fields, verified=self.row.get("verified", False))
        if price.to_date is not None and price.to_date <= price.from_date:
            raise self.bad("to", "must be later than from")
        return price

    def per_mtok(self) -> dict[str, float]:
        table = self.row.get("usd_per_mtok", {})
        if not isinstance(table, dict) or set(table) - set(PER_MTOK):
            raise self.bad(
                "usd_per_mtok", f"is {table!r}: give a table of {sorted(PER_MTOK)}"
            )
        return {PER_MTOK[k]: self.number(f"usd_per_mtok.{k}", table[k]) for k in table}

    def number(self, key: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.bad(key, f"must be a number, not {value!r}")
        if not (math.isfinite(value) and value >= 0):
            raise self.bad(
                key, f"must be 0 or more, not {value!r}; leave it out if unknown"
            )
        return value

    def text(self, key: str) -> str:
        value = self.row[key]
        if not isinstance(value, str) or not value:
            raise self.bad(key, f"must be text, not {value!r}")
        if key == "kind" and value not in get_args(Kind):
            raise self.bad(key, f"must be one of {get_args(Kind)}, not {value!r}")
        if key == "source" and not value.startswith("https://"):
            raise self.bad(key, f"must be an https address, not {value!r}")
        return value

    def day(self, key: str) -> date:
        value = self.row[key]
        if isinstance(value, str):
            value = _day_of(value)
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self.bad(
                key, f"must be a date such as 2026-11-21, not {self.row[key]!r}"
            )
        return value

    def bad(self, key: str, why: str) -> BadBrief:
        return BadBrief(f"{self.where}: {key} {why}.")


def _day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
