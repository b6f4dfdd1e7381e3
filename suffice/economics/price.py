"""What one model costs in one period, and what a request comes to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from suffice.costs import ServiceTier

Kind = Literal["tokens", "cpu", "hosted"]

_MTOK = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Price:
    """What one model costs in one period; ``None`` is unknown, never 0."""

    model: str
    """As the endpoint calls it; ``ft:BASE`` for models tuned on BASE."""
    provider: str
    """Who sells it, such as openai; its rows win at its own endpoint."""
    kind: Kind = "tokens"
    """Paid by the token, by the CPU-second, or by the hour whatever the volume."""
    from_date: date
    """First day it holds."""
    to_date: date | None = None
    """First day it no longer holds."""
    input_usd_per_mtok: float | None = None
    """A million input tokens."""
    cached_usd_per_mtok: float | None = None
    """Input read from the provider's prompt cache."""
    cache_write_usd_per_mtok: float | None = None
    """Input written to that cache, where it costs more than plain input."""
    output_usd_per_mtok: float | None = None
    """A million output tokens, reasoning included."""
    training_usd_per_mtok: float | None = None
    """Per trained token: tokens of the file times epochs."""
    batch_multiplier: float | None = None
    """Factor on all token prices for answers within a day."""
    flex_multiplier: float | None = None
    """The same for slower answers."""
    priority_multiplier: float | None = None
    """The same for faster ones."""
    cpu_usd_per_hour: float | None = None
    """An hour of one CPU core, for ``kind: cpu``."""
    hosting_usd_per_hour: float | None = None
    """An hour of the machine that serves it, whatever the volume."""
    min_charge_usd: float | None = None
    """Least that one training job costs."""
    cache_min_tokens: int | None = None
    """Shortest prefix that is cached."""
    cache_ttl_s: float | None = None
    """Seconds a prefix stays cached after its last use."""
    context_tokens: int | None = None
    """Longest prompt and answer together."""
    shutdown_on: date | None = None
    """Day the model is switched off."""
    trainable_until: date | None = None
    """Last day on which a training job may be created."""
    source: str = ""
    """Address of the provider's page."""
    seen_in: str = ""
    """Where it was read, if not there."""
    checked_on: date | None = None
    """Day it was last looked up."""
    verified: bool = False
    """Two independent sources agreed then."""
    note: str = ""
    """What else should be known."""

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

    @property
    def is_known(self) -> bool:
        """Whether it says what a request costs, seconds and tokens given."""
        return self.usd(input_tokens=0, output_tokens=0, cpu_s=0) is not None

    def served(self, tier: ServiceTier) -> Price:
        """
        The price at a service tier; unknown where its factor is.

        What is paid by the hour costs the same at every tier.
        """
        if tier == "standard" or self.kind != "tokens":
            return self
        factor = {
            "batch": self.batch_multiplier,
            "flex": self.flex_multiplier,
            "priority": self.priority_multiplier,
        }[tier]
        return replace(
            self,
            input_usd_per_mtok=_times(self.input_usd_per_mtok, factor),
            cached_usd_per_mtok=_times(self.cached_usd_per_mtok, factor),
            cache_write_usd_per_mtok=_times(self.cache_write_usd_per_mtok, factor),
            output_usd_per_mtok=_times(self.output_usd_per_mtok, factor),
        )

    def training_usd(self, trained_tokens: float) -> float | None:
        """USD for a training job of so many tokens, epochs included."""
        if self.training_usd_per_mtok is None:
            return None
        usd = trained_tokens * self.training_usd_per_mtok / _MTOK
        return max(usd, self.min_charge_usd or 0.0)

    def holds(self, on: date) -> bool:
        """Whether this row is valid on that day."""
        return self.from_date <= on and (self.to_date is None or on < self.to_date)


def _times(usd: float | None, factor: float | None) -> float | None:
    return None if usd is None or factor is None else usd * factor
