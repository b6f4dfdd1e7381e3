"""Drift: new questions are told, falling quality is told, daily looks are free."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from recheck_kit import (
    TODAY,
    Loopback,
    brief_of,
    chat,
    completion,
    ended,
    new_question,
    question,
    write_jsonl,
)

from suffice.economics.drift import ALPHA, MOST_LOOKS, level_of
from suffice.errors import BadExamples
from suffice.rechecking import Rechecking
from suffice.stages.drift_watch import look_for_drift


@pytest.fixture
def wrong() -> set[str]:
    """Questions that the endpoint answers wrongly."""
    return set()


@pytest.fixture
def api(wrong: set[str]) -> Iterator[Loopback]:
    def answer(path: str, body: Any) -> Any:
        asked = body["messages"][-1]["content"]
        return completion("no" if asked in wrong else "ok")

    served = Loopback(answer)
    yield served
    served.stop()


def watched(folder: Path, rows: list[dict[str, Any]], url: str = "", **terms: Any):
    """A climb that has ended, watched on these fresh rows."""
    fresh = write_jsonl(folder / "fresh.jsonl", rows)
    recheck = Rechecking(fresh=str(fresh), **terms)
    return ended(brief_of(folder, f"{url}/v1" if url else None, recheck=recheck))


def test_the_looks_of_a_year_spend_no_more_than_was_promised() -> None:
    """Daily looks at p = 0.05 would cry wolf eighteen times a year."""
    assert sum(level_of(n) for n in range(1, MOST_LOOKS + 1)) <= ALPHA


def test_the_last_look_of_a_year_can_still_fire() -> None:
    """The smallest p-value of the comparison is 0.0001."""
    assert level_of(MOST_LOOKS) >= 1e-4


def test_questions_of_the_usual_kind_are_no_drift(tmp_path: Path) -> None:
    """Ten days of new questions like the old ones."""
    climb, verdict = watched(tmp_path, [])
    fired = []
    for day in range(10):
        rows = [chat(question(1000 + n)) for n in range(day * 40, day * 40 + 60)]
        write_jsonl(tmp_path / "fresh.jsonl", rows)
        seen = look_for_drift(climb, verdict, TODAY + timedelta(days=day))
        assert seen is not None
        fired.append(seen.fired)

    assert not any(fired)


def test_a_new_topic_is_told_with_examples_and_stays_told(tmp_path: Path) -> None:
    """Next week's look must not forget what last week's has seen."""
    rows = [chat(new_question(n)) for n in range(60)]
    climb, verdict = watched(tmp_path, rows)
    seen = look_for_drift(climb, verdict, TODAY)
    write_jsonl(tmp_path / "fresh.jsonl", [chat(question(900 + n)) for n in range(60)])
    later = look_for_drift(climb, verdict, TODAY + timedelta(days=7))

    assert seen is not None
    assert later is not None
    assert (True, True) == (seen.fired, later.fired)
    assert "photovoltaic" in seen.saw or "solar" in seen.saw or "firmware" in seen.saw
    assert "told on 2026-11-21" in later.saw


def test_the_same_questions_again_are_no_new_look(tmp_path: Path) -> None:
    """A look costs certainty, so it is taken only when there is something to see."""
    climb, verdict = watched(tmp_path, [chat(question(900 + n)) for n in range(60)])
    first = look_for_drift(climb, verdict, TODAY)
    again = look_for_drift(climb, verdict, TODAY + timedelta(days=1))

    assert first == again


def test_questions_without_answers_call_no_model(tmp_path: Path) -> None:
    """There is nothing to compare an answer with; no endpoint is even named."""
    climb, verdict = watched(tmp_path, [chat(question(900 + n)) for n in range(30)])
    seen = look_for_drift(climb, verdict, TODAY)

    assert seen is not None
    assert seen.spent_usd == 0
    assert "Quality" not in seen.saw


def test_a_champion_that_got_worse_is_told(
    tmp_path: Path, api: Loopback, wrong: set[str]
) -> None:
    """A provider's silent update: half of the fresh answers are wrong."""
    texts = [question(900 + n) for n in range(80)]
    wrong.update(texts[::2])
    climb, verdict = watched(tmp_path, [chat(t, "ok") for t in texts], api.url)
    seen = look_for_drift(climb, verdict, TODAY)

    assert seen is not None
    assert seen.fired
    assert "it has fallen below 0.87" in seen.saw
    assert 80 == len(api.paths)


def test_what_was_asked_yesterday_is_not_asked_again(
    tmp_path: Path, api: Loopback
) -> None:
    """Daily looks pay for the new answers only, and remember the old."""
    rows = [chat(question(900 + n), "ok") for n in range(30)]
    climb, verdict = watched(tmp_path, rows, api.url)
    look_for_drift(climb, verdict, TODAY)
    rows += [chat(question(930 + n), "ok") for n in range(10)]
    write_jsonl(tmp_path / "fresh.jsonl", rows)
    seen = look_for_drift(climb, verdict, TODAY + timedelta(days=1))

    assert 40 == len(api.paths)
    assert seen is not None
    assert "Quality on 40 fresh examples" in seen.saw
    assert "10 asked now" in seen.saw


def test_the_budget_of_a_recheck_is_kept(tmp_path: Path, api: Loopback) -> None:
    """$0.0001 pays for a handful of these questions, not for 60."""
    rows = [chat(question(900 + n), "ok") for n in range(60)]
    climb, verdict = watched(tmp_path, rows, api.url, budget_usd=1e-4)
    seen = look_for_drift(climb, verdict, TODAY)

    assert seen is not None
    assert 0 < len(api.paths) < 20
    assert seen.spent_usd <= 1e-4


def test_examples_of_the_climb_are_not_fresh(tmp_path: Path, api: Loopback) -> None:
    """What it learned from, or was chosen by, says nothing about new questions."""
    rows = [chat(question(n), "ok") for n in range(100)]
    climb, verdict = watched(tmp_path, rows, api.url)
    look_for_drift(climb, verdict, TODAY)

    assert [] == api.paths


def test_a_provider_that_is_away_is_no_drift(tmp_path: Path) -> None:
    """Missing is not wrong."""
    rows = [chat(question(900 + n), "ok") for n in range(30)]
    down = Loopback(lambda path, body: (401, {"error": {"message": "no such key"}}))
    climb, verdict = watched(tmp_path, rows, down.url)
    seen = look_for_drift(climb, verdict, TODAY)
    down.stop()

    assert seen is not None
    assert not seen.fired
    assert "No fresh example could be asked" in seen.saw


def test_a_file_that_holds_no_chats_is_refused(tmp_path: Path) -> None:
    """A wrong path must not look like steady questions."""
    climb, verdict = watched(tmp_path, [{"text": "hello"}] * 30)

    with pytest.raises(BadExamples, match="30 of 30 lines of the fresh questions"):
        look_for_drift(climb, verdict, TODAY)
