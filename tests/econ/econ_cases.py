"""Measurements, briefs and price books as the tests of this area need them."""

from __future__ import annotations

from datetime import date
from typing import Any

from suffice.brief import Brief, Models, Usage
from suffice.economics.prices import Price, PriceBook
from suffice.results import Measured

TODAY = date(2026, 11, 21)
"""The day of the notes whose prices the book was seeded from."""


def measured(
    rung: str = "few-shot", model: str = "gpt-4.1-mini", **changes: Any
) -> Measured:
    """A candidate that passed with 700 tokens in, of which 500 static, and 50 out."""
    fields: dict[str, Any] = {
        "name": rung,
        "candidate_key": f"{rung}/{model}",
        "ruling": "passed",
        "n": 120,
        "n_available": 120,
        "quality": 0.93,
        "quality_low": 0.88,
        "quality_high": 0.97,
        "usd_per_request": None,
        "input_tokens": 700,
        "static_tokens": 500,
        "output_tokens": 50,
    }
    return Measured(rung=rung, model=model, **(fields | changes))


def brief(requests_per_month: float = 100_000, **changes: Any) -> Brief:
    """A brief of the article's case: 100,000 requests a month."""
    fields: dict[str, Any] = {
        "name": "support",
        "instructions": "Answer.",
        "examples": "examples.jsonl",
        "usage": Usage(requests_per_month=requests_per_month),
        "models": Models(base=("gpt-4.1-mini",), tunable="gpt-4.1-mini"),
    }
    return Brief(**(fields | changes))


def plain_book(**usd_per_mtok_in: float) -> PriceBook:
    """A book of models that cost this much per million tokens in, and as much out."""
    rows = {
        model: (
            Price(
                model=model,
                provider="test",
                from_date=date(2026, 1, 1),
                input_usd_per_mtok=usd,
                output_usd_per_mtok=usd,
            ),
        )
        for model, usd in usd_per_mtok_in.items()
    }
    return PriceBook(layers=(rows,))
