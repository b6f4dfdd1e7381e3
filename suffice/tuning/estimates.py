"""What a fine-tune will cost and take, before it is submitted. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from suffice.economics.price import Price

CPU_S_PER_TOKEN = 0.008
"""Of training on the CPU: assumed before the first job, never after it."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Of one job; ``None`` is unknown, never 0."""

    trained_tokens: float
    """Tokens of the training file times epochs."""
    usd: float | None
    usd_from: str
    """Where the price is from, or why there is none."""
    seconds: float | None
    seconds_from: str
    """Where the pace is from, or why there is none."""


def estimate(
    price: Price | None, trained_tokens: float, tokens_per_s: float | None
) -> Estimate:
    """
    Of a job of so many tokens, at a *price* and at the pace of past jobs.

    >>> from datetime import date
    >>> gpt = Price(model="gpt", provider="openai", from_date=date(2025, 4, 14),
    ...     training_usd_per_mtok=5.0, source="https://a.example")
    >>> found = estimate(gpt, 2_000_000, tokens_per_s=None)
    >>> found.usd, found.seconds
    (10.0, None)
    """
    seconds = None if not tokens_per_s else trained_tokens / tokens_per_s
    pace = "this account's past jobs on this base"
    cpu = price is not None and price.kind == "cpu"
    if seconds is None:
        pace = "no past job of this account on this base tells"
    if seconds is None and cpu:
        seconds, pace = trained_tokens * CPU_S_PER_TOKEN, "assumed, before a first job"
    usd, source = None, "the price book has no training price for this base"
    if price is not None and cpu:
        usd = price.usd(
            input_tokens=0, output_tokens=0, cpu_s=trained_tokens * CPU_S_PER_TOKEN
        )
        source = "your cpu_usd_per_hour"
    elif price is not None and price.training_usd_per_mtok is not None:
        usd, source = price.training_usd(trained_tokens), price.source
    return Estimate(
        trained_tokens=trained_tokens,
        usd=usd,
        usd_from=source,
        seconds=seconds,
        seconds_from=pace,
    )
