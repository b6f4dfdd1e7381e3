"""Preferences in a climb: checked at the gate, learned on top of a tuned model."""

from __future__ import annotations

import json

from suffice.brief import Brief
from suffice.data.preferences import Preferences, plain, read_preferences, rows_of
from suffice.files import write_atomically
from suffice.local.passes import preference_epochs
from suffice.stages.climb import Climb
from suffice.stages.training_cost import preference_tokens, usd_of
from suffice.stages.tune_stage import jsonl, ordered
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
    """
    Id of the one job that teaches the tuned model *best* the preferences.

    Run again, it is the model of the first time, whatever is best by then: another
    would be another paid job.
    """
    brief, found = climb.brief, preferences_of(climb)
    best, rows = _pinned(climb, best), jsonl(found.rows)
    left = f", {found.n_left_out} left out" if found.n_left_out else ""
    text = f"fine-tuned: learning {len(found.rows)} preferences{left}"
    climb.journal.write("stage", text=text)
    numbers: dict[str, int | float] = {"n_epochs": preference_epochs(len(found.rows))}
    if brief.tuning.beta is not None:
        numbers["beta"] = brief.tuning.beta

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

    return ordered(
        climb,
        (rows, None),
        spec,
        usd_of(brief, preference_tokens(brief, found.rows)),
    )


def _pinned(climb: Climb, best: str) -> str:
    """The model to teach, on disk before its job is paid for."""
    path = climb.folder / "preferences-on.json"
    if not path.exists():
        write_atomically(path, json.dumps({"model": best}))
    return str(json.loads(path.read_text(encoding="utf-8"))["model"])
