"""The price book of a brief: the built-in rows under its file and its own rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from suffice.brief import Brief
from suffice.economics.price import Price
from suffice.economics.price_rows import rows_of
from suffice.economics.prices import PriceBook, load_prices


def prices_of(brief: Brief, base_url: str | None = None) -> PriceBook:
    """
    What the brief's endpoint charges, or the one at *base_url*.

    Raises ``BadBrief``, naming place, row and value, for rows that cannot be used.
    """
    book = load_prices(
        Path(brief.prices) if brief.prices else None,
        brief.cpu_usd_per_hour,
        base_url or brief.models.endpoint.base_url,
    )
    if not brief.price_rows:
        return book
    own: dict[str, tuple[Price, ...]] = {}
    for row in rows_of(brief.price_rows, f"the brief {brief.name!r}, price_rows"):
        own[row.model] = (*own.get(row.model, ()), row)
    return replace(book, layers=(own, *book.layers))
