"""What a batch may cost before it is sent, and what its answers did cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suffice.economics.wording import dollars
from suffice.errors import OverBudget
from suffice.measuring.calls import Desk
from suffice.results import Completion
from suffice.stages.climb import Climb

_CHARS_PER_TOKEN = 3
"""Fewer than usual: what is reserved should rather be too much."""
_CPU_S_PER_CALL = 0.5
"""Of our own server, reserved before anybody knows."""


def batched_usd(c: Completion, desk: Desk) -> float | None:
    """At the price of batches; at the full one where that is not known."""
    if desk.price is None:
        return None
    used: dict[str, Any] = {
        "input_tokens": c.input_tokens,
        "cached_tokens": c.cached_tokens,
        "output_tokens": c.output_tokens,
        "cpu_s": c.cpu_s,
    }
    usd = desk.price.served("batch").usd(**used)
    return desk.price.usd(**used) if usd is None else usd


def refuse_unknown_price(climb: Climb, model: str, desk: Desk) -> None:
    """An unknown price is never 0: nothing could be held against the budget."""
    if desk.price is None or not desk.price.is_known:
        raise OverBudget(
            f"No price of {model!r} is known, so no batch of its questions "
            f"can be held to the budget of {dollars(climb.brief.budget_usd)}: add its "
            "price to price_rows or prices in the brief. Nothing was sent."
        )


def likely_usd(request: Mapping[str, Any], desk: Desk) -> float | None:
    """What a request may cost: its longest answer, its prompt estimated upwards."""
    asked = Completion(
        text="",
        model="",
        finish_reason="",
        input_tokens=len(str(request["messages"])) // _CHARS_PER_TOKEN,
        output_tokens=request["max_tokens"],
        latency_s=0.0,
        cpu_s=_CPU_S_PER_CALL,
    )
    return batched_usd(asked, desk)
