"""Promise P10: no price, no spend; whatever the brief and the price rows say."""

from __future__ import annotations

import math
import os
import random
import sys
from contextlib import suppress
from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from rung_cases import SPLIT
from rung_endpoint import Endpoint, copies_the_nearest

from suffice.brief import Brief, Models
from suffice.brief import Endpoint as Address
from suffice.economics.price import Price
from suffice.errors import SufficeError
from suffice.stages.climb import open_climb
from suffice.stages.measurements import measure_rung
from suffice.stages.table import today
from suffice.stages.tune_stage import submit_tuning

TRIALS = int(os.environ.get("SUFFICE_TRIALS", "60"))
"""A release takes 500."""
ENOUGH_USD = 5.0
BUDGETS = (ENOUGH_USD, 0.0, -0.0, 1e-12, 1e-6, -1.0, math.nan, math.inf, -math.inf)
WHOLE = {"input": 1.0, "output": 4.0}
PRICES = {
    "whole": WHOLE,
    "nothing": {},
    "no input": {"output": 4.0},
    "no output": {"input": 1.0},
    **{f"{n} output": {**WHOLE, "output": n} for n in (math.nan, math.inf, -1.0)},
    **{f"{n} input": {**WHOLE, "input": n} for n in (math.nan, math.inf, -1.0)},
}
DAYS = {
    "now": {},
    "over": {"to": today() - timedelta(days=1)},
    "later": {"from": today() + timedelta(days=2)},
}
"""A clock that jumps lands where a row does not hold."""
TRAINING = (3.0, None, math.nan, math.inf, -1.0)


def told(rng: random.Random) -> dict[str, Any]:
    """A budget, and what the price rows say of the model and of its training."""
    often = rng.random() < 0.5
    return {
        "budget_usd": ENOUGH_USD if often else rng.choice(BUDGETS),
        "price": "whole" if rng.random() < 0.5 else rng.choice([*PRICES, "no row"]),
        "days": "now" if rng.random() < 0.7 else rng.choice(list(DAYS)),
        "training": 3.0 if rng.random() < 0.5 else rng.choice(TRAINING),
    }


def rows(case: dict[str, Any]) -> list[dict[str, Any]]:
    if case["price"] == "no row":
        return []
    usd = dict(PRICES[case["price"]])
    if case["training"] is not None:
        usd["training"] = case["training"]
    row = {
        "provider": "test",
        "kind": "tokens",
        "from": "2026-01-01",
        "source": "https://example.org/prices",
        "usd_per_mtok": usd,
        **DAYS[case["days"]],
    }
    return [row | {"model": model} for model in ("m", "ft:m")]


def calls_may_be_paid(case: dict[str, Any]) -> bool:
    wanted = (ENOUGH_USD, "whole", "now")
    usable = case["training"] is None or 0 <= case["training"] < math.inf
    return wanted == (case["budget_usd"], case["price"], case["days"]) and usable


def paid(case: dict[str, Any], output: str) -> tuple[int, int]:
    """How many answers and how many jobs the endpoint was asked for."""
    endpoint = Endpoint(copies_the_nearest)
    at = Models(endpoint=Address(base_url=endpoint.url), base=("m",), tunable="m")
    fields = {
        "name": "orders",
        "instructions": "Answer with the code of the thing.",
        "examples": "none.jsonl",
        "models": at,
        "output": output,
        "budget_usd": case["budget_usd"],
        "price_rows": rows(case),
    }
    try:
        for act in (lambda c: measure_rung(c, "zero-shot", "m"), submit_tuning):
            with suppress(SufficeError, ValidationError):
                act(open_climb(Brief.model_validate(fields), SPLIT, "f" * 64))
        return len(endpoint.asked["chat"]), len(endpoint.jobs)
    finally:
        endpoint.close()


def violations(tmp_path, seeds) -> tuple[list[str], int]:
    """Cases in which money went out or stayed in wrongly, and how many paid."""
    found, n_paid = [], 0
    for seed in seeds:
        case = told(random.Random(seed))
        n_calls, n_jobs = paid(case, str(tmp_path / str(seed)))
        may_call = calls_may_be_paid(case)
        may_train = may_call and case["training"] is not None
        n_paid += n_calls > 0
        if (n_calls > 0, n_jobs > 0) != (may_call, may_train):
            found.append(f"seed {seed}: {n_calls} calls, {n_jobs} jobs at {case}")
    return found, n_paid


def test_nothing_is_paid_for_without_a_price_and_a_budget(tmp_path):
    """Calls and jobs, each by itself: no plan stands before them here."""
    found, n_paid = violations(tmp_path, range(TRIALS))
    sys.stdout.write(f"tried: {TRIALS}, {n_paid} paid, violated: {len(found)}\n")

    assert [] == found
    assert 0 < n_paid < TRIALS


def test_who_takes_an_unknown_price_for_none_is_caught(tmp_path, monkeypatch):
    """The mutant: a table without the model bills nothing, so it costs nothing."""
    monkeypatch.setattr(Price, "is_known", property(lambda self: True))
    monkeypatch.setattr(Price, "usd", lambda self, **used: 0.0)

    assert violations(tmp_path, range(20))[0]
