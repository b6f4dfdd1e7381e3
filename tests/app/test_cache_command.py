"""``suffice cache``: what the stored answers are worth, and forgetting them."""

from __future__ import annotations

import sqlite3
import time

import pytest
from typer.testing import CliRunner

from suffice.app.cli import app
from suffice.measuring.responses import ResponseStore, response_key
from suffice.results import Completion
from suffice.workspace import Workspace

DAY_S = 86400


def stored(tmp_path, *, ages_days):
    """One answer of each age, in days; models m0, m1 and so on."""
    path = Workspace(tmp_path).responses
    with ResponseStore(path, account="climb") as store:
        for i in range(len(ages_days)):
            answer = Completion(
                text="yes",
                model=f"m{i}",
                finish_reason="stop",
                input_tokens=1000,
                output_tokens=20,
                latency_s=0.1,
                usd=0.5,
            )
            store.put(response_key("e", {"i": i}), answer)
        store.get(response_key("e", {"i": 0}))
    db = sqlite3.connect(path)
    for i, age in enumerate(ages_days):
        at = time.time() - age * DAY_S
        db.execute("UPDATE responses SET at = ? WHERE model = ?", (at, f"m{i}"))
    db.commit()
    db.close()
    return path


def ran(tmp_path, *words):
    return CliRunner().invoke(app, ["cache", *words, "--output", str(tmp_path)])


def test_it_shows_what_is_held_and_what_reuse_saved(tmp_path):
    """Whoever pays wants to see what the store is worth before pruning it."""
    stored(tmp_path, ages_days=(40, 1))

    shown = ran(tmp_path).output

    assert "2,000" in shown
    assert "1.0000" in shown
    assert "Reused 1 times, which saved $0.5000; $1.0000 spent in all." in shown


def test_pruning_forgets_by_age(tmp_path):
    """Answers of last quarter's prompts only take room."""
    path = stored(tmp_path, ages_days=(40, 1))

    said = ran(tmp_path, "prune", "--older-than", "30d").output

    assert said.startswith("1 answers forgotten: ")
    with ResponseStore(path) as store:
        assert store.get(response_key("e", {"i": 0})) is None
        assert store.get(response_key("e", {"i": 1})) is not None


def test_a_dry_run_keeps_everything(tmp_path):
    """What has been paid for is not lost to a slip of the keyboard."""
    path = stored(tmp_path, ages_days=(40, 1))

    said = ran(tmp_path, "prune", "--model", "m1", "--dry-run").output

    assert said.startswith("1 answers would be forgotten: ")
    with ResponseStore(path) as store:
        assert store.get(response_key("e", {"i": 1})) is not None


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["prune"], "--older-than 30d, --model NAME or --all"),
        (["prune", "--older-than", "a month"], "write 30d, 12h or 8w"),
    ],
)
def test_what_it_cannot_read_it_refuses(tmp_path, words, complaint):
    """Forgetting is for good: nothing is guessed."""
    stored(tmp_path, ages_days=(1,))

    assert complaint in str(ran(tmp_path, *words).exception)


def test_without_a_store_it_says_so_and_creates_none(tmp_path):
    """A mistyped folder must not look like an empty store."""
    assert "no stored answers" in str(ran(tmp_path / "typo").exception)
    assert not (tmp_path / "typo").exists()
