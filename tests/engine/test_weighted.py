"""Several scorers as one, and similarity, which must be paid."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from letter_endpoint import EXAMPLE

from suffice.brief import Brief
from suffice.measuring.budget import Budget
from suffice.measuring.responses import ResponseStore
from suffice.measuring.scorers import scorer
from suffice.measuring.weighted import Weighted, combined
from suffice.stages.scoring import gives_grades, scorer_of


def part(name, weight=1.0):
    return Weighted(name=name, scorer=scorer(name), weight=weight)


def test_several_scorers_are_one_by_their_weights():
    """The reason says what each of them made of the answer."""
    both = combined([part("exact", 3), part("token-f1")])
    score = both("the cat slept", EXAMPLE)

    assert pytest.approx((3 * 0 + 2 / 3) / 4) == score.value
    assert "exact 0: got 'the cat slept'" in score.reason
    assert "token-f1 0.67: 2 words in common" in score.reason


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(0.001, 1000), min_size=1, max_size=4),
    st.text("abc ", max_size=12),
)
def test_a_weighted_score_lies_among_those_of_its_parts(weights, answer):
    """Whatever the weights; right by all is 1 exactly, and has no reason."""
    names = ["exact", "edit", "token-f1", "chrf"][: len(weights)]
    parts = [part(name, weight) for name, weight in zip(names, weights, strict=True)]
    score = combined(parts)(answer, EXAMPLE)
    values = [p.scorer(answer, EXAMPLE).value for p in parts]

    assert min(values) - 1e-12 <= score.value <= max(values) + 1e-12
    assert combined(parts)("a cat sat", EXAMPLE).value == 1.0
    assert bool(score.reason) == (score.value < 1)


@pytest.mark.parametrize(
    ("given_scorer", "graded"),
    [
        ("exact", False),
        ("similarity", True),
        ([{"scorer": "exact", "weight": 5}], False),
        ([{"scorer": "exact"}, {"scorer": "label"}], True),
        ("judge", True),
    ],
)
def test_whether_scores_are_graded_follows_from_the_parts(given_scorer, graded):
    """Two yes-or-no scorers together give halves, which need another statistic."""
    assert graded == gives_grades(brief(scorer=given_scorer, judge={"model": "j"}))


def test_a_judge_of_two_grades_says_yes_or_no():
    """Its scores get the sharper statistics of 0 and 1."""
    assert not gives_grades(brief(scorer="judge", judge={"model": "j", "grades": 2}))


def brief(**settings):
    return Brief(name="a", instructions="x", examples="e.jsonl", **settings)


def test_a_brief_with_paid_scorers_gets_them(tmp_path):
    """Judge and similarity beside a function, from the brief alone."""
    both = brief(
        scorer=[{"scorer": "judge", "weight": 2}, {"scorer": "similarity"}],
        judge={"model": "j", "rubric": "Be right."},
        output=str(tmp_path),
    )
    with ResponseStore(tmp_path / "r.db") as store:
        found = scorer_of(both, date(2026, 11, 1), store=store, budget=Budget(1.0))

    assert found.id.startswith("j, rubric ")
    assert found.id.endswith("cosine of smollm2-135m-instruct")
