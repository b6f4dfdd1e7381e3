"""
Prices: dated rows with a source, and the day each model is switched off.

The rows are data (``prices.toml``, and the user's own file, which wins).  A price that
is not there is unknown, and stays ``None``: it is never taken for 0.

Money is ``float`` here: these are sums for decisions, good to far below a cent.  What
was really spent is added up elsewhere, in the ledger, as ``Decimal``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from suffice.economics.price import Kind, Price
from suffice.errors import BadBrief

__all__ = ["Kind", "Price", "PriceBook", "load_prices", "provider_of"]

_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")

_PROVIDERS = {
    "openai.azure.com": "azure",
    "services.ai.azure.com": "azure",
    "together.xyz": "together",
    "together.ai": "together",
    "fireworks.ai": "fireworks",
    "nebius.com": "nebius",
    "mistral.ai": "mistral",
    "amazonaws.com": "bedrock",
    "api.aws": "bedrock",
    "openai.com": "openai",
}


@dataclass(frozen=True, kw_only=True)
class PriceBook:
    """All rows; the first layer that knows a model on a day wins."""

    layers: tuple[Mapping[str, tuple[Price, ...]], ...]
    """Rows by model: the user's first, then the built-in ones."""
    cpu_usd_per_hour: float | None = None
    provider: str | None = None
    """Provider of the endpoint: its rows win over others of the same model name."""
    shutdowns: Mapping[str, date] = field(default_factory=dict)
    """Shutdown days the endpoint itself told; they win over the rows."""

    def price(self, model: str, on: date) -> Price | None:
        """
        The row for *model* on that day, or ``None``.

        A tuned model (``ft:BASE:organisation:suffix:id``) is priced by the row
        ``ft:BASE``; a dated snapshot without a row of its own by the undated name.
        """
        names = _names(model, self.provider)
        for layer in self.layers:
            for name in names:
                for row in layer.get(name, ()):
                    if row.holds(on):
                        return self._completed(row)
        return None

    def shutdown(self, model: str) -> date | None:
        """
        Day the model is switched off: the endpoint's word, else the newest row's.

        A tuned model dies with its base, unless a row or the endpoint says otherwise.
        """
        names = _names(model, self.provider)
        if model.startswith("ft:"):
            names = names + _names(model.split(":")[1], self.provider)
        told = [self.shutdowns[name] for name in names if name in self.shutdowns]
        if told:
            return told[0]
        for layer in self.layers:
            for name in names:
                days = [r.shutdown_on for r in layer.get(name, ()) if r.shutdown_on]
                if days:
                    return days[-1]
        return None

    def with_shutdown(self, model: str, day: date) -> PriceBook:
        """The same book, with the shutdown day that the endpoint told."""
        return replace(self, shutdowns={**self.shutdowns, model: day})

    def with_price(self, price: Price) -> PriceBook:
        """The same book, with one row that wins over all others on its days."""
        return replace(self, layers=({price.model: (price,)}, *self.layers))

    @property
    def rows(self) -> tuple[Price, ...]:
        """All rows, the user's first."""
        return tuple(
            row for layer in self.layers for rows in layer.values() for row in rows
        )

    def _completed(self, row: Price) -> Price:
        if row.kind == "cpu" and row.cpu_usd_per_hour is None:
            return replace(row, cpu_usd_per_hour=self.cpu_usd_per_hour)
        return row


def load_prices(
    extra: Path | None = None,
    cpu_usd_per_hour: float = 0.05,
    base_url: str | None = None,
) -> PriceBook:
    """
    The built-in price book, under the user's own rows from *extra*.

    *base_url* is the endpoint's address, so that its provider's rows are preferred.
    Raises ``BadBrief``, naming file, row and value, for rows that cannot be used.
    """
    from suffice.economics.price_rows import read_rows

    layers = [read_rows(Path(__file__).with_name("prices.toml"))]
    if extra is not None:
        layers.insert(0, read_rows(extra))
    if not cpu_usd_per_hour >= 0:
        raise BadBrief(
            f"cpu_usd_per_hour is {cpu_usd_per_hour!r}: give 0 or more USD an hour."
        )
    return PriceBook(
        layers=tuple(_by_model(rows) for rows in layers),
        cpu_usd_per_hour=cpu_usd_per_hour,
        provider=provider_of(base_url),
    )


def provider_of(base_url: str | None) -> str | None:
    """
    The provider behind an address, where it is one the price book knows.

    >>> provider_of("https://my-team.openai.azure.com/openai/v1")
    'azure'
    """
    host = urlsplit(base_url or "").hostname or ""
    for suffix, provider in _PROVIDERS.items():
        if host == suffix or host.endswith("." + suffix):
            return provider
    return None


@lru_cache(maxsize=4096)
def _names(model: str, provider: str | None) -> tuple[str, ...]:
    """What a row for this model may be called, the most special name first."""
    name = model
    if model.startswith("ft:"):
        name = ":".join(model.split(":")[:2])
    names = [model, name, _SNAPSHOT.sub("", name)]
    if provider is not None:
        names = [f"{provider}/{n}" for n in names] + names
    return tuple(dict.fromkeys(names))


def _by_model(rows: tuple[Price, ...]) -> dict[str, tuple[Price, ...]]:
    found: dict[str, tuple[Price, ...]] = {}
    for row in rows:
        found[row.model] = (*found.get(row.model, ()), row)
    return found
