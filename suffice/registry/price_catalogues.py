"""
Two catalogues of list prices that others keep: genai-prices, and the one in MLflow.

They are read as they were installed; nothing is downloaded, and MLflow itself is not
imported.  Neither knows training prices, hosting or what a tuned gpt-4.1 costs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suffice.economics.price import Price
from suffice.errors import EnvironmentFailed

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, StartDateConstraint

_EVER = date(2020, 1, 1)
"""First day of a price of which only the value is known."""
_GENAI = {
    "openai": "openai",
    "azure": "azure",
    "together": "together",
    "fireworks": "fireworks",
    "mistral": "mistral",
    "aws": "bedrock",
    "deepseek": "deepseek",
    "anthropic": "anthropic",
    "google": "google",
}
_MLFLOW = {
    "openai": "openai",
    "azure": "azure",
    "together_ai": "together",
    "fireworks_ai": "fireworks",
    "mistral": "mistral",
    "bedrock": "bedrock",
    "nebius": "nebius",
    "deepseek": "deepseek",
    "anthropic": "anthropic",
    "gemini": "google",
}
"""Their name of a provider, and ours."""


def genai_prices_rows(on: date) -> tuple[Price, ...]:
    """Every price that genai-prices knows, with its history; checked *on* that day."""
    from genai_prices.data_snapshot import get_snapshot

    seen_in = f"genai-prices {version('genai-prices')}"
    rows: list[Price] = []
    for provider in get_snapshot().providers:
        ours = _GENAI.get(provider.id)
        if ours is None:
            continue
        source = next(iter(provider.pricing_urls or ()), _page("genai-prices"))
        for model in provider.models:
            for row in _genai_rows(model, ours):
                rows.append(replace(row, source=source, seen_in=seen_in, checked_on=on))
    return tuple(rows)


def mlflow_rows(on: date) -> tuple[Price, ...]:
    """
    Every price in the catalogue that MLflow carries; it has no history.

    Raises `EnvironmentFailed` when this MLflow carries none.
    """
    found = find_spec("mlflow")
    roots = found.submodule_search_locations if found else None
    folder = Path(next(iter(roots or ("",)))) / "utils" / "model_catalog"
    if not folder.is_dir():
        raise EnvironmentFailed(
            "The installed MLflow carries no catalogue of prices: use genai-prices."
        )
    seen_in = f"MLflow {version('mlflow')} model catalogue"
    rows = []
    for theirs, ours in _MLFLOW.items():
        path = folder / f"{theirs}.json"
        known = json.loads(path.read_bytes())["models"] if path.exists() else {}
        for name, entry in known.items():
            row = _mlflow_row(name, entry, ours)
            if row is not None:
                rows.append(
                    replace(row, source=_page("mlflow"), seen_in=seen_in, checked_on=on)
                )
    return tuple(rows)


def _page(project: str) -> str:
    return f"https://pypi.org/project/{project}/"


def _named(model: str, provider: str) -> str:
    """As the price book calls it: OpenAI's models by their plain names."""
    bare = model.removeprefix(f"{provider}/").removeprefix("accounts/fireworks/models/")
    if provider == "fireworks":
        return f"fireworks/accounts/fireworks/models/{bare.split('/')[-1]}"
    return bare.rstrip("-") if provider == "openai" else f"{provider}/{bare}"


def _genai_rows(model: ModelInfo, provider: str) -> Iterator[Price]:
    """One row a period; prices that depend on the hour of the day are left out."""
    from genai_prices.types import StartDateConstraint

    told = model.prices
    if isinstance(told, list):
        periods = [
            (_since(c.constraint), c.prices)
            for c in told
            if c.constraint is None or isinstance(c.constraint, StartDateConstraint)
        ]
    else:
        periods = [(_EVER, told)]
    periods.sort(key=lambda period: period[0])
    for i, (since, prices) in enumerate(periods):
        row = _genai_price(prices, _named(model.id, provider), provider, since)
        if row is None:
            continue
        until = periods[i + 1][0] if i + 1 < len(periods) else None
        yield replace(row, to_date=until, context_tokens=model.context_window)


def _since(constraint: StartDateConstraint | None) -> date:
    return _EVER if constraint is None else constraint.start_date


def _genai_price(
    prices: ModelPrice, model: str, provider: str, since: date
) -> Price | None:
    told = {
        field: _base(getattr(prices, name, None))
        for field, name in (
            ("input_usd_per_mtok", "input_mtok"),
            ("cached_usd_per_mtok", "cache_read_mtok"),
            ("cache_write_usd_per_mtok", "cache_write_mtok"),
            ("output_usd_per_mtok", "output_mtok"),
        )
    }
    if told["input_usd_per_mtok"] is None:
        return None
    return Price(model=model, provider=provider, from_date=since, **told)  # type: ignore[arg-type]


def _base(price: Any) -> float | None:
    """The price of a short prompt, where long ones cost more."""
    base = getattr(price, "base", price)
    return None if base is None else float(base)


def _mlflow_row(name: str, entry: Mapping[str, Any], provider: str) -> Price | None:
    told = entry.get("pricing") or {}
    usd_in = told.get("input_per_million_tokens")
    if usd_in is None:
        return None
    tiers = told.get("service_tiers") or {}
    ends = entry.get("deprecation_date")
    return Price(
        model=_named(name, provider),
        provider=provider,
        from_date=_EVER,
        input_usd_per_mtok=usd_in,
        cached_usd_per_mtok=told.get("cache_read_per_million_tokens"),
        cache_write_usd_per_mtok=told.get("cache_write_per_million_tokens"),
        output_usd_per_mtok=told.get("output_per_million_tokens"),
        batch_multiplier=_factor(tiers, "batch", usd_in),
        flex_multiplier=_factor(tiers, "flex", usd_in),
        priority_multiplier=_factor(tiers, "priority", usd_in),
        context_tokens=(entry.get("context_window") or {}).get("max_input"),
        shutdown_on=date.fromisoformat(ends) if ends else None,
    )


def _factor(tiers: Mapping[str, Any], tier: str, usd_in: float) -> float | None:
    value = (tiers.get(tier) or {}).get("input_per_million_tokens")
    return None if value is None or not usd_in else round(value / usd_in, 6)
