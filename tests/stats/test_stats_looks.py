"""What a look says, whatever the scores."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.errors import UnusableInput
from suffice.statistics.acceptance import Design, look
from suffice.statistics.power import pass_chance

DESIGN = Design(bar=0.8, margin=0.05, alpha=0.02, n_max=120)
GRADED = Design(bar=0.8, margin=0.05, alpha=0.02, n_max=120, graded=True)
ORDER = {"failed": 0, "inconclusive": 1, None: 1, "passed": 2}

answers = st.lists(st.integers(0, 1), min_size=1, max_size=DESIGN.n_max)
scores = st.lists(st.floats(0, 1), min_size=1, max_size=60)
few = settings(max_examples=50, deadline=None)


def runs(right: int, wrong: int) -> list[int]:
    """So many right answers, the wrong ones spread evenly among them."""
    n = right + wrong
    return [0 if (i + 1) * wrong // n > i * wrong // n else 1 for i in range(n)]


@few
@given(answers)
def test_passed_means_that_the_low_end_is_over_the_edge(given_answers):
    """One statement in two forms: the table and the verdict cannot disagree."""
    standing = look(given_answers, DESIGN)

    assert (standing.ruling == "passed") == (standing.low >= DESIGN.edge)


@few
@given(scores)
def test_passed_means_the_same_of_graded_scores(given_scores):
    """The bets that refute the edge are the bets of the interval."""
    standing = look(given_scores, GRADED)

    assert (standing.ruling == "passed") == (standing.low >= GRADED.edge)


@few
@given(answers, scores)
def test_the_interval_contains_the_quality_and_has_a_width(given_answers, given_scores):
    """Also after nothing but right or nothing but wrong answers; never a point."""
    for standing in (look(given_answers, DESIGN), look(given_scores, GRADED)):
        assert 0 <= standing.low <= standing.quality <= standing.high <= 1
        assert standing.low < standing.high


@few
@given(answers, st.data())
def test_one_more_right_answer_never_hurts(given_answers, data):
    """Otherwise a candidate could gain by answering worse."""
    i = data.draw(st.integers(0, len(given_answers) - 1))
    better = [1 if j == i else a for j, a in enumerate(given_answers)]
    before, after = look(given_answers, DESIGN), look(better, DESIGN)

    assert (before.low, before.high) <= (after.low, after.high)
    assert ORDER[before.ruling] <= ORDER[after.ruling]


@few
@given(answers)
def test_each_look_tightens_the_limits(given_answers):
    """A limit that holds at all times cannot be taken back by looking again."""
    whole = len(given_answers) // DESIGN.look_every * DESIGN.look_every
    before, after = look(given_answers[:whole], DESIGN), look(given_answers, DESIGN)

    assert after.low >= min(before.low, after.quality)
    assert after.high <= max(before.high, after.quality)


@few
@given(answers)
def test_a_final_look_always_rules(given_answers):
    """A climb needs an answer, and *inconclusive* is one."""
    assert look(given_answers, DESIGN, final=True).ruling is not None


def test_a_clear_candidate_passes_long_before_the_end():
    """That is what the sequential test is for."""
    standing = look(runs(48, 2), DESIGN)

    assert (standing.ruling, standing.n) == ("passed", 50)


def test_a_hopeless_candidate_fails_at_the_first_look():
    """Failing rungs are most of a climb."""
    assert look([0, 1, 0, 0, 1, 0, 1, 0, 0, 0], DESIGN).ruling == "failed"


def test_a_candidate_between_edge_and_bar_is_inconclusive_with_a_number():
    """It may well be good enough; only the order was too short to show it."""
    standing = look(runs(96, 24), DESIGN, final=True)

    assert standing.ruling == "inconclusive"
    assert standing.n_more is not None
    assert standing.n_more > 0


@pytest.mark.parametrize("n_right", [96, 98, 100])
def test_so_many_more_examples_would_probably_be_enough(n_right):
    """At the quality observed, 3 times in 4 at least: the number is advice."""
    standing = look(runs(n_right, 120 - n_right), DESIGN, final=True)
    longer = Design(
        bar=0.8, margin=0.05, alpha=0.02, n_max=standing.n + (standing.n_more or 0)
    )

    assert pass_chance(standing.quality, longer) >= 0.7


def test_under_the_edge_no_number_of_examples_is_promised():
    """More of the same would not give a pass."""
    standing = look([1, 1, 1, 0] * 3, DESIGN, final=True)

    assert (standing.ruling, standing.n_more) == ("inconclusive", None)


def test_an_order_too_short_to_prove_anything_says_so_before_the_first_call():
    """Ten right answers of ten do not prove 0.75 at 2 %: nothing should be spent."""
    design = Design(bar=0.8, margin=0.05, alpha=0.02, n_max=10)
    standing = look([], design)

    assert standing.ruling == "inconclusive"
    assert standing.n_more is not None
    assert standing.n_more > 10


def test_nothing_seen_is_measured_on():
    """No score is no reason to stop."""
    standing = look([], DESIGN)

    assert (
        standing.ruling,
        standing.n,
        standing.low,
        standing.high,
    ) == (None, 0, 0.0, 1.0)


def test_dev_answers_never_grant_a_pass():
    """They say when to give up, and nothing else."""
    known = Design(
        bar=0.8, margin=0.05, alpha=0.02, n_max=120, dev_right=400, dev_wrong=0
    )
    plain, informed = look(runs(27, 3), DESIGN), look(runs(27, 3), known)

    assert (plain.low, plain.high) == (informed.low, informed.high)
    assert {None} == {plain.ruling, informed.ruling}


def test_bad_dev_answers_make_giving_up_sooner():
    """A candidate that failed on dev need not fail as long on test."""
    known = Design(
        bar=0.8, margin=0.05, alpha=0.02, n_max=120, dev_right=20, dev_wrong=20
    )
    so_far = runs(7, 3)

    assert look(so_far, DESIGN).ruling is None
    assert look(so_far, known).ruling is not None


def test_a_score_between_0_and_1_needs_a_graded_design():
    """Rounding it would change what is proved."""
    with pytest.raises(UnusableInput, match=r"score 2 of 3 is 0\.5"):
        look([1, 0.5, 0], DESIGN)


def test_more_scores_than_the_order_holds_are_refused():
    """The error was shared out over n_max answers, no more."""
    with pytest.raises(UnusableInput, match="121 scores"):
        look([1] * 121, DESIGN)


@pytest.mark.parametrize(
    "wrong",
    [{"bar": 1.5}, {"margin": -0.1}, {"alpha": 0.0}, {"n_max": 0}, {"look_every": 0}],
)
def test_a_design_that_means_nothing_is_refused(wrong):
    """Before anything is spent on it."""
    values = {"bar": 0.8, "margin": 0.05, "alpha": 0.02, "n_max": 100, **wrong}
    with pytest.raises(UnusableInput, match=str(next(iter(wrong)))):
        Design(**values)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_leaving_out_the_limits_changes_no_ruling(given_scores):
    """They take most of the time of a look, and most looks rule nothing."""
    design = Design(bar=0.8, margin=0.05, alpha=0.05, n_max=80, graded=True)
    whole, quick = (look(given_scores, design, limits=b) for b in (True, False))

    assert whole.ruling == quick.ruling
    assert quick.ruling is None or whole == quick
    assert quick.low <= whole.low <= whole.high <= quick.high
