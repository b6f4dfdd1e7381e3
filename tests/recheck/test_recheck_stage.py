"""The re-check as a whole: what it found, what it prepares, what it may start."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from recheck_kit import (
    brief_of,
    chat,
    ended,
    new_question,
    price_rows,
    write_jsonl,
)

from suffice.brief import Brief, Models, Usage
from suffice.brief_io import load_brief
from suffice.rechecking import Rechecking
from suffice.stages.recheck_stage import (
    Found,
    recheck,
    remember_flip,
    remember_started,
)
from suffice.stages.table import today


def models(*names: str) -> Models:
    return Models(base=names, tunable=None)


def priced(folder: Path, terms: Rechecking | None = None, **rows: Any) -> Brief:
    """A brief on models a and b at these prices."""
    return brief_of(
        folder,
        models=models(*rows),
        prices=price_rows(folder, **rows),
        recheck=terms or Rechecking(),
    )


@pytest.fixture
def dying(tmp_path: Path) -> dict[str, Any]:
    """Model a dies in 30 days, b lives."""
    day = today() + timedelta(days=30)
    return {"a": {"usd": 1.0, "shutdown": day}, "b": {"usd": 2.0}}


def cut(folder: Path) -> None:
    """Model b now costs a tenth of what a costs."""
    price_rows(folder, a={"usd": 1.0}, b={"usd": 0.1})


def test_with_nothing_changed_nothing_is_prepared(tmp_path: Path) -> None:
    """A quiet night leaves no work and no file."""
    brief = priced(tmp_path, a={"usd": 1.0}, b={"usd": 2.0})
    ended(brief)
    found = recheck(brief)

    assert (None, False, False) == (found.next_climb, found.start, found.flipped)
    assert "the choice stands" in found.text
    assert "arithmetic on what was measured, $0" in found.text


def test_a_dying_model_prepares_a_climb_without_it(
    tmp_path: Path, dying: dict[str, Any]
) -> None:
    """54 days are enough for a climb, if somebody says so in time."""
    brief = priced(tmp_path, **dying)
    ended(brief)
    found = recheck(brief)

    assert found.next_climb is not None
    assert ("b",) == found.next_climb.brief.models.base
    assert not found.start
    assert f"To approve it: suffice climb {found.next_climb.path}" in found.text
    assert "retirement (fired)" in found.text


def test_the_prepared_brief_is_a_brief(tmp_path: Path, dying: dict[str, Any]) -> None:
    """It runs from any folder: the command that is printed must work as it stands."""
    brief = priced(tmp_path, **dying)
    ended(brief)
    found = recheck(brief)
    assert found.next_climb is not None

    assert load_brief(found.next_climb.path) == found.next_climb.brief


def allowed(folder: Path, dying: dict[str, Any], *, budget_usd: float) -> Brief:
    """A brief that has ended, and whose re-check may start a climb for so much."""
    terms = Rechecking(start_climb=True, budget_usd=budget_usd)
    brief = priced(folder, terms, **dying)
    ended(brief)
    return brief


def test_it_starts_only_where_the_brief_allows_it(
    tmp_path: Path, dying: dict[str, Any]
) -> None:
    """Money is spent on a person's word."""
    brief = allowed(tmp_path, dying, budget_usd=5.0)
    found = recheck(brief)

    assert found.start
    assert found.next_climb is not None
    assert 5.0 == found.next_climb.brief.budget_usd


def test_above_its_budget_it_waits_for_approval(
    tmp_path: Path, dying: dict[str, Any]
) -> None:
    """Few-shot on b costs more than a tenth of a cent."""
    brief = allowed(tmp_path, dying, budget_usd=0.001)
    found = recheck(brief)

    assert not found.start
    assert "more than recheck.budget_usd ($0.001" in found.text


def test_without_a_model_that_lives_it_says_what_to_do(tmp_path: Path) -> None:
    """No climb can be prepared on models that are switched off."""
    day = today() + timedelta(days=30)
    brief = priced(tmp_path, a={"usd": 1.0, "shutdown": day})
    ended(brief)
    found = recheck(brief)

    assert found.next_climb is None
    assert "name one in models.base that outlives" in found.text


def test_a_started_climb_is_not_started_again(
    tmp_path: Path, dying: dict[str, Any]
) -> None:
    """The same need tomorrow is the same need."""
    brief = allowed(tmp_path, dying, budget_usd=5.0)
    remember_started(brief, recheck(brief))
    found = recheck(brief)

    assert not found.start
    assert "was started before" in found.text


def test_a_price_cut_flips_and_is_told_once(tmp_path: Path) -> None:
    """An alert every night is no alert."""
    brief = priced(tmp_path, a={"usd": 1.0}, b={"usd": 2.0})
    ended(brief)
    cut(tmp_path)
    first = recheck(brief)
    remember_flip(brief, first)
    second = recheck(brief)

    assert first.recheck.changed
    assert ["price"] == [t.name for t in first.recheck.triggers if t.fired]
    assert (True, False) == (first.flipped, second.flipped)
    assert second.recheck.verdict.model == "b"


def test_putting_what_is_measured_into_service_costs_nothing(tmp_path: Path) -> None:
    """Both candidates' answers are stored."""
    brief = priced(tmp_path, a={"usd": 1.0}, b={"usd": 2.0})
    ended(brief)
    cut(tmp_path)
    found = recheck(brief)

    assert found.next_climb is not None
    assert 0.0 == found.next_climb.usd
    assert {"a", "b"} == set(found.next_climb.brief.models.base)
    assert ("zero-shot",) == found.next_climb.brief.rungs


def test_the_least_gain_is_the_briefs(tmp_path: Path) -> None:
    """Some would change for a tenth, some only for half."""
    brief = priced(tmp_path, Rechecking(min_gain=0.95), a={"usd": 1.0}, b={"usd": 2.0})
    ended(brief)
    cut(tmp_path)

    assert not recheck(brief).recheck.changed


def drifted(folder: Path, rows: list[dict[str, Any]]) -> Found:
    fresh = write_jsonl(folder / "fresh.jsonl", rows)
    terms = Rechecking(fresh=str(fresh), fresh_answers=0)
    brief = priced(folder, terms, a={"usd": 1.0})
    ended(brief)
    return recheck(brief)


def test_a_climb_after_drift_is_judged_on_fresh_examples(tmp_path: Path) -> None:
    """The stored answers are to the old questions."""
    found = drifted(tmp_path, [chat(new_question(n), "ok") for n in range(90)])

    assert found.next_climb is not None
    test = Path(found.next_climb.brief.test_examples or "").read_text().splitlines()
    assert 60 == len(test)
    assert "on fresh examples with answers" in found.text


def test_drift_without_answers_asks_for_labels(tmp_path: Path) -> None:
    """Nobody can judge answers to questions without knowing the right ones."""
    found = drifted(tmp_path, [chat(new_question(n)) for n in range(90)])

    assert found.next_climb is None
    assert "label 60 of them" in found.text


def test_the_prepared_climb_is_decided_at_todays_volume(
    tmp_path: Path, dying: dict[str, Any]
) -> None:
    """Else it would decide for the volume of last year."""
    log = tmp_path / "log.jsonl"
    log.write_text(
        "".join(
            f'{{"at": {1764000000 + 60 * n}, "input_tokens": 400, '
            '"output_tokens": 20}\n'
            for n in range(3 * 1440)
        )
    )
    brief = priced(tmp_path, **dying)
    brief = brief.model_copy(update={"usage": Usage(log=str(log))})
    ended(brief)
    found = recheck(brief)

    assert found.next_climb is not None
    used = found.next_climb.brief.usage.requests_per_month
    assert used == pytest.approx(1440 * 30.44, rel=0.01)
