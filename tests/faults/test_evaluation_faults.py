"""
Whatever the network does to an evaluation, no item vanishes and no fault is a score.

``python -m benchmarks.reliability evaluation --release`` tries all disturbances.
"""

from __future__ import annotations

import pytest
from evaluation_trials import (
    IN_FLIGHT,
    MONEY,
    Disturbed,
    N,
    Stubborn,
    asked_after_money_is_gone,
    dropping_faults,
    run_disturbances,
    scoring_faults,
    violations,
)
from tally import Tally

EVALUATIONS = 10
TWO_REFUSED = Disturbed(fault="before-400", n_met=2)


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_scored_and_missing_are_all_that_was_asked(seed):
    """Items that are dropped in silence bias a score, mostly upwards."""
    tally = run_disturbances(EVALUATIONS, seed=seed)
    print(f"seed {seed}: {tally}")  # noqa: T201

    assert ([], EVALUATIONS) == (tally.found, tally.tried)


def test_an_endpoint_that_answers_nothing_gives_no_verdict():
    """A careless engine would call it a candidate that is always wrong."""
    tally = Tally()

    assert [] == violations(Disturbed(fault="drop", n_met=10_000), tally)
    assert (0, 1) == (tally.by_name["items scored"], tally.by_name["outages told"])


@pytest.mark.parametrize(
    ("mutant", "seen"),
    [
        (scoring_faults, "a disturbed answer was scored as a wrong one"),
        (dropping_faults, f"{N - 2} of {N} items accounted for"),
    ],
)
def test_who_scores_or_drops_what_failed_is_caught(mutant, seen):
    """The mutants: both are what known tools do, and neither may pass for sound."""
    assert [] == violations(TWO_REFUSED, Tally())
    assert seen in violations(TWO_REFUSED, Tally(), mutant)


@pytest.mark.parametrize("code", MONEY)
def test_when_the_money_is_gone_nothing_more_is_asked(code):
    """Tools that retry by status alone go on for hours."""
    n_asked, stopped = asked_after_money_is_gone(code, 10)

    assert stopped
    assert n_asked <= IN_FLIGHT


def test_who_hammers_on_without_money_is_caught():
    """The mutant: three attempts for each of those in flight, whatever is said."""
    n_asked, stopped = asked_after_money_is_gone(MONEY[0], 10, Stubborn)

    assert not stopped
    assert n_asked > IN_FLIGHT
