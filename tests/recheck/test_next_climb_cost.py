"""What a re-check tells of the next climb's cost is what that climb will plan."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from recheck_kit import brief_of, chat, ended, new_question, question, write_jsonl

from suffice.brief import Brief, Endpoint, Models, Tuning
from suffice.data.reading import read_examples
from suffice.data.splitting import split
from suffice.rechecking import Rechecking
from suffice.stages.climb import Climb, open_climb
from suffice.stages.next_climb import NextClimb
from suffice.stages.planning import plan
from suffice.stages.recheck_stage import recheck
from suffice.stages.table import today

FIREWORKS = Endpoint(
    base_url="https://api.fireworks.ai/inference/v1",
    account="ours",
    hosting={"usd_per_hour": 7.0, "hours": 1.0},
)
OPENAI = Endpoint(base_url="http://127.0.0.1:9/v1")


def row(model: str, **more: Any) -> dict[str, Any]:
    cheap = 1.0 if model == "a" else 2.0
    usd = {"input": cheap, "output": 2 * cheap, "training": 3.0}
    where = {"provider": "own", "source": "https://example.org/prices"}
    return {"model": model, "from": "2026-01-01", "usd_per_mtok": usd, **where, **more}


def brief_at(folder: Path, endpoint: Endpoint, **changes: Any) -> Brief:
    """Model a dies in 30 days; b lives, and can be tuned."""
    lines = [
        {
            "input": {"messages": [{"role": "user", "content": f"Which one, {n}?"}]},
            "preferred_output": [{"role": "assistant", "content": "K-car"}],
            "non_preferred_output": [{"role": "assistant", "content": "A car"}],
        }
        for n in range(12)
    ]
    write_jsonl(folder / "preferences.jsonl", lines)
    write_jsonl(folder / "examples.jsonl", [chat("x", "y")])
    dies = (today() + timedelta(days=30)).isoformat()
    return brief_of(
        folder,
        models=Models(endpoint=endpoint, base=("a", "b"), tunable="b"),
        price_rows=(row("a", shutdown=dies), row("b"), row("ft:b"), row("j")),
        rungs=("floor", "zero-shot", "few-shot", "fine-tuned"),
        budget_usd=1e6,
        **changes,
    )


def found_for(brief: Brief) -> tuple[Climb, NextClimb]:
    climb, _ = ended(brief)
    found = recheck(brief).next_climb
    assert found is not None
    return climb, found


@pytest.mark.parametrize(
    ("endpoint", "tuning"),
    [
        (OPENAI, {}),
        (OPENAI, {"search": 4}),
        (OPENAI, {"method": "dpo"}),
        (FIREWORKS, {}),
        (FIREWORKS, {"search": 3, "method": "dpo", "epochs": 7}),
        (OPENAI, {"learning_curve": (0.5,), "checkpoints": 1}),
    ],
)
def test_the_told_cost_is_the_plan_of_the_prepared_climb(tmp_path, endpoint, tuning):
    """A person approves the one, and the other is spent: no dollar may lie between."""
    if "method" in tuning:
        tuning = {**tuning, "preferences": str(tmp_path / "preferences.jsonl")}
    brief = brief_at(tmp_path, endpoint, tuning=Tuning(**tuning))
    climb, found = found_for(brief)
    planned = plan(open_climb(found.brief, climb.split, "f" * 64))
    # Zero-shot is measured, and its answers are stored.
    new = [r for r in planned.rows if r.rung != "zero-shot"]

    assert "fine-tuned" in {r.rung for r in new}
    assert pytest.approx(sum(r.usd for r in new)) == found.usd


def test_judging_is_in_it_and_what_is_judged_already_is_not(tmp_path):
    """A judge may cost more than the models that it judges."""
    judge = {"model": "j", "rubric": "Is it right?"}
    brief = brief_at(tmp_path, OPENAI, scorer="judge", judge=judge)
    climb, found = found_for(brief)
    planned = plan(open_climb(found.brief, climb.split, "f" * 64))
    (judging,) = (r for r in planned.rows if r.rung == "judge")
    old = [r for r in planned.rows if r.rung == "zero-shot"]
    judged = judging.usd * sum(r.n_calls for r in old) / judging.n_calls
    stored = judged + sum(r.usd for r in old)

    assert judged > 0
    assert pytest.approx(planned.usd - stored) == found.usd


def test_an_unknown_price_of_hosting_is_an_unknown_cost(tmp_path):
    """It is not what the rest costs."""
    endpoint = Endpoint(base_url=FIREWORKS.base_url, account="ours")
    _, found = found_for(brief_at(tmp_path, endpoint))

    assert found.usd is None
    assert not found.allowed


def test_on_fresh_examples_all_is_asked_of_as_many_as_there_will_be(tmp_path):
    """The old test examples are learned from then, and the fresh ones judged with."""
    rows = [chat(new_question(n), "ok") for n in range(240)]
    fresh = write_jsonl(tmp_path / "fresh.jsonl", rows)
    terms = Rechecking(fresh=str(fresh), fresh_answers=0)
    brief = brief_at(tmp_path, OPENAI, recheck=terms)
    _, found = found_for(brief)
    learned, judged = (
        read_examples(source or "").examples
        for source in (found.brief.examples, found.brief.test_examples)
    )
    after = open_climb(found.brief, split(learned, judged, seed=brief.seed), "e" * 64)

    assert question(0) in {e.question for e in learned}
    # Which examples are for dev depends on their ids, and those on the file.
    assert pytest.approx(plan(after).usd, rel=0.02) == found.usd
