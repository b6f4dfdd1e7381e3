"""
The price book with the shutdown days that the endpoint itself tells; they win.

Each model is asked for once a day, and the answer is kept.  An endpoint that cannot be
reached tells nothing: then the file's days hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from suffice.brief import Brief
from suffice.economics.prices import PriceBook
from suffice.errors import SufficeError
from suffice.files import write_atomically
from suffice.measuring.retirements import shutdown_on
from suffice.stages.connect import endpoint_name, key_of
from suffice.stages.table import prices, today


def prices_told(brief: Brief, models: Iterable[str] = ()) -> PriceBook:
    """
    The brief's prices, with what its endpoint says of its models and of *models*.

    The embedded server retires nothing and is not asked.
    """
    book, endpoint = prices(brief), brief.models.endpoint
    if endpoint.base_url is None:
        return book
    path = Path(brief.output) / "shutdowns.json"
    kept, reachable = _read(path), True
    asked = dict.fromkeys((*brief.models.base, brief.models.tunable, *models))
    for model in filter(None, asked):
        name = f"{endpoint_name(brief)} {model}"
        if reachable and kept.get(name, {}).get("asked") != str(today()):
            try:
                told = shutdown_on(endpoint.base_url, key_of(endpoint), model)
            except SufficeError:
                # Whatever was told before is better than nothing, or than waiting.
                reachable = False
            else:
                day = str(told) if told else None
                kept[name] = {"asked": str(today()), "shutdown": day}
                write_atomically(path, json.dumps(kept, indent=2))
        known = _known(kept, name)
        book = book.with_shutdown(model, known) if known else book
    return book


def _known(kept: dict[str, dict[str, str | None]], name: str) -> date | None:
    day = kept.get(name, {}).get("shutdown")
    return date.fromisoformat(day) if day else None


def _read(path: Path) -> dict[str, dict[str, str | None]]:
    if not path.exists():
        return {}
    kept: dict[str, dict[str, str | None]] = json.loads(path.read_text("utf-8"))
    return kept
