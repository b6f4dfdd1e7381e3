"""Preferences in a climb: checked at the gate, learned on top of a tuned model."""

from __future__ import annotations

import json

from suffice.brief import Brief
from suffice.data.preferences import Preferences, plain, read_preferences, rows_of
from suffice.measuring.demonstrations import n_tokens
from suffice.stages.climb import Climb
from suffice.stages.orders import EPOCHS
from suffice.stages.table import prices, today
from suffice.stages.tune_stage import (
    jsonl,
    ordered,
    training_usd,
)
from suffice.tuning.estimates import CPU_S_PER_TOKEN
from suffice.tuning.job import TuneSpec


def check_preferences(brief: Brief) -> None:
    """Read the brief's preferences; raises `BadExamples` for what cannot be used."""
    if brief.tuning.preferences is not None:
        read_preferences(brief.tuning.preferences)


def preferences_of(climb: Climb) -> Preferences:
    """The rows to learn from: no question of dev or test is among them."""
    brief = climb.brief
    source = brief.tuning.preferences or ""
    held_out = (*climb.split.dev, *climb.split.test)
    return rows_of(
        read_preferences(source),
        brief.tuning.instructions or brief.name,
        frozenset(plain(example.question) for example in held_out),
        source,
    )


def submit_preferences(climb: Climb, best: str) -> str:
    """Id of the one job that teaches the tuned model *best* the preferences."""
    brief, found = climb.brief, preferences_of(climb)
    rows = jsonl(found.rows)
    left = f", {found.n_left_out} left out" if found.n_left_out else ""
    text = f"fine-tuned: learning {len(found.rows)} preferences{left}"
    climb.journal.write("stage", text=text)
    given = {"beta": brief.tuning.beta}
    numbers = {name: value for name, value in given.items() if value is not None}

    def spec(account: str) -> TuneSpec:
        return TuneSpec.of(
            rows,
            None,
            base=best,
            method="dpo",
            hyperparameters=numbers,
            seed=brief.seed,
            suffix=brief.name[:18],
            endpoint_name=account,
        )

    return ordered(climb, (rows, None), spec, _reserve_usd(brief, rows))


def _reserve_usd(brief: Brief, rows: bytes) -> float:
    """What the job may cost; both answers are computed, and their prompt twice."""
    chars = sum(
        len(str(row["input"])) + len(line) for line, row in _lines(rows.decode())
    )
    tokens = n_tokens(chars, 0) * EPOCHS
    price = prices(brief).price(brief.models.tunable or "", today())
    return training_usd(price, tokens, tokens * CPU_S_PER_TOKEN) or 0.0


def _lines(text: str) -> list[tuple[str, dict[str, object]]]:
    return [(line, json.loads(line)) for line in text.splitlines()]
