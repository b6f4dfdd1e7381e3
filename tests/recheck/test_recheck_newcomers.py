"""New models: named when they would be cheaper, never taken unmeasured."""

from __future__ import annotations

from datetime import date

from recheck_kit import brief_of, measured

from suffice.candidates import Candidate
from suffice.economics.decide import decide
from suffice.economics.prices import load_prices
from suffice.economics.recheck import Recheck, recheck

BOOK = load_prices()


def looked(tmp_path, *, decided: date, on: date, model: str) -> Recheck:
    candidate = Candidate(rung="zero-shot", name="zero-shot", model=model)
    brief = brief_of(tmp_path)
    verdict = decide(
        [measured(candidate)],
        brief=brief,
        book=BOOK,
        on=decided,
        climb_id="c",
        data_fingerprint="f" * 64,
    )
    return recheck(verdict, brief=brief, book=BOOK, on=on)


def saw(found: Recheck) -> str:
    return next(t.saw for t in found.triggers if t.name == "price")


def test_a_cheaper_model_that_came_since_is_named(tmp_path) -> None:
    """gpt-6-luna undercut gpt-5.6-luna by half two months after its last cut."""
    days = {"decided": date(2026, 8, 5), "on": date(2026, 10, 1)}
    found = looked(tmp_path, model="gpt-5.6-luna", **days)

    assert "gpt-6-luna ($" in saw(found)
    assert "add one to models.base" in saw(found)
    assert not found.changed


def test_dearer_and_older_models_are_not_named(tmp_path) -> None:
    """gpt-6-sol is new too, and dearer; gpt-6-luna was there before the verdict."""
    days = {"decided": date(2026, 9, 25), "on": date(2026, 10, 1)}
    found = looked(tmp_path, model="gpt-6-luna", **days)

    assert "New and cheaper" not in saw(found)
