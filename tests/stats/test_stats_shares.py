"""How the error is shared among rungs, and what a design can prove."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.errors import UnusableInput
from suffice.statistics.acceptance import (
    Design,
    alpha_share,
    chance_from_dev,
    expected_n,
    smallest_provable_quality,
)
from suffice.statistics.power import pass_chance

DESIGN = Design(bar=0.85, margin=0.03, alpha=0.01, n_max=300)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.floats(0.8, 0.99))
def test_the_shares_never_exceed_the_whole(chances, confidence):
    """Whatever the dev examples say, the promise of the climb is kept."""
    k = len(chances)
    shares = [alpha_share(confidence, k, i, chances=chances[: i + 1]) for i in range(k)]

    assert sum(shares) <= (1 - confidence) * (1 + 1e-9)
    assert min(shares) > 0


def test_with_nothing_known_the_shares_are_even():
    """No rung is preferred without a reason."""
    assert [alpha_share(0.95, 4, i) for i in range(4)] == pytest.approx([0.0125] * 4)


def test_a_hopeless_rung_leaves_its_share_to_those_after_it():
    """Where the error is spent decides how many answers a pass takes."""
    alone = alpha_share(0.95, 3, 2)
    after_two_bad_ones = alpha_share(0.95, 3, 2, chances=[0.0, 0.0, 0.9])

    assert after_two_bad_ones == pytest.approx(1.5 * alone)


def test_the_chance_of_a_rung_must_be_known_when_its_share_is_asked_for():
    """Silence must not pass for an even share."""
    with pytest.raises(UnusableInput, match="1 chances for rung 1"):
        alpha_share(0.95, 3, 1, chances=[0.5])


def test_a_rung_that_does_not_exist_has_no_share():
    """Counting from 1 would use up more than there is."""
    with pytest.raises(UnusableInput, match="rung_index is 3 of 3"):
        alpha_share(0.95, 3, 3)


def test_good_dev_answers_make_a_pass_likelier():
    """And none at all say that anything is possible."""
    assert chance_from_dev([], 0.8) == pytest.approx(0.2)
    assert chance_from_dev([0] * 20, 0.8) < 0.01 < 0.9 < chance_from_dev([1] * 20, 0.8)


def test_the_smallest_provable_quality_is_proved_four_times_in_five():
    """It is printed before anything is spent."""
    quality = smallest_provable_quality(DESIGN)

    assert pass_chance(quality, DESIGN) >= 0.8 > pass_chance(quality - 0.003, DESIGN)


def test_more_examples_prove_less_of_a_lead():
    """The advice "label more" must be true."""
    short, long = replace(DESIGN, n_max=60), replace(DESIGN, n_max=900)

    assert smallest_provable_quality(long) < smallest_provable_quality(short)


def test_an_order_too_short_proves_nothing_less_than_perfection():
    """Ten answers cannot show 0.82 at 1 %."""
    assert smallest_provable_quality(replace(DESIGN, n_max=10)) == 1.0


def test_clear_cases_are_cheap_and_close_ones_are_not():
    """That is where the calls go."""
    n = [expected_n(quality, DESIGN) for quality in (0.5, 0.83, 0.95)]

    assert n[0] < 20
    assert n[1] > 100
    assert n[2] < 100


def test_graded_designs_are_planned_for_by_their_worst_case():
    """Before the first score nothing is known of how scattered they are."""
    graded = replace(DESIGN, n_max=120, graded=True)
    binary = replace(DESIGN, n_max=120)

    assert smallest_provable_quality(graded) >= smallest_provable_quality(binary)
