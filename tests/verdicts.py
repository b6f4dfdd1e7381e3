"""A verdict as tests need one: what matters to a test is named by it."""

from __future__ import annotations

from datetime import date
from typing import Any

from suffice.results import Measured, Verdict


def verdict_on(measured: Measured, **changes: Any) -> Verdict:
    """That *measured* is to be run."""
    fields: dict[str, Any] = {
        "name": "support",
        "climb_id": "support-1",
        "action": "run",
        "chosen": measured.candidate_key,
        "rung": measured.rung,
        "model": measured.model,
        "motive": "quality",
        "text": "Run it.",
        "reasons": (),
        "flip_points": (),
        "ladder": (measured,),
        "bar": 0.9,
        "margin": 0.03,
        "confidence": 0.95,
        "requests_per_month": 1000.0,
        "horizon_months": 12.0,
        "decided_on": date(2026, 11, 21),
        "data_fingerprint": "f" * 64,
        "prices_on": date(2026, 11, 21),
    }
    return Verdict(**(fields | changes))
