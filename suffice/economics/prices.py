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
from typing import Literal
from urllib.parse import urlsplit

from suffice.errors import BadBrief

Kind = Literal["tokens", "cpu", "hosted"]

_MTOK = 1_000_000
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
class Price:
    """What one model costs in one period; ``None`` is unknown, never 0."""

    model: str
    provider: str
    kind: Kind = "tokens"
    """Paid by the token, by the CPU-second, or by the hour whatever the volume."""
    from_date: date
    """First day it holds."""
    to_date: date | None = None
    """First day it no longer holds."""
    input_usd_per_mtok: float | None = None
    cached_usd_per_mtok: float | None = None
    """Input read from the provider's prompt cache."""
    cache_write_usd_per_mtok: float | None = None
    """Input written to that cache, where it costs more than plain input."""
    output_usd_per_mtok: float | None = None
    training_usd_per_mtok: float | None = None
    """Per trained token: tokens of the file times epochs."""
    batch_multiplier: float | None = None
    cpu_usd_per_hour: float | None = None
    hosting_usd_per_hour: float | None = None
    min_charge_usd: float | None = None
    """Least that one training job costs."""
    cache_min_tokens: int | None = None
    """Shortest prefix that is cached."""
    cache_ttl_s: float | None = None
    """Seconds a prefix stays cached after its last use."""
    context_tokens: int | None = None
    shutdown_on: date | None = None
    """Day the model is switched off."""
    trainable_until: date | None = None
    """Last day on which a training job may be created."""
    source: str = ""
    seen_in: str = ""
    checked_on: date | None = None
    verified: bool = False
    note: str = ""

    def usd(
        self,
        *,
        input_tokens: float,
        cached_tokens: float = 0,
        output_tokens: float,
        cpu_s: float | None = None,
    ) -> float | None:
        """
        USD for one request, hosting apart; ``None`` when a price it needs is unknown.

        The cached tokens are among the input tokens.  Where no price for cached input
        is known they cost what input costs: too much rather than too little.

        >>> luna = Price(model="luna", provider="openai", from_date=date(2026, 9, 22),
        ...     input_usd_per_mtok=0.1, output_usd_per_mtok=0.5)
        >>> f"{luna.usd(input_tokens=700, output_tokens=50):.6f}"
        '0.000095'
        """
        if self.kind == "cpu":
            if cpu_s is None or self.cpu_usd_per_hour is None:
                return None
            return cpu_s / 3600 * self.cpu_usd_per_hour
        if self.kind == "hosted":
            return None if self.hosting_usd_per_hour is None else 0.0
        if self.input_usd_per_mtok is None or self.output_usd_per_mtok is None:
            return None
        cached = self.cached_usd_per_mtok
        cached = self.input_usd_per_mtok if cached is None else cached
        usd = (input_tokens - cached_tokens) * self.input_usd_per_mtok
        usd += cached_tokens * cached + output_tokens * self.output_usd_per_mtok
        return usd / _MTOK

    def training_usd(self, trained_tokens: float) -> float | None:
        """USD for a training job of so many tokens, epochs included."""
        if self.training_usd_per_mtok is None:
            return None
        usd = trained_tokens * self.training_usd_per_mtok / _MTOK
        return max(usd, self.min_charge_usd or 0.0)

    def holds(self, on: date) -> bool:
        """Whether this row is valid on that day."""
        return self.from_date <= on and (self.to_date is None or on < self.to_date)


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
