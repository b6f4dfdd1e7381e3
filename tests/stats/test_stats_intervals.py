"""Intervals of a fixed number of scores."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from suffice.errors import UnusableInput
from suffice.statistics.acceptance import interval

few = settings(max_examples=50, deadline=None)


@pytest.mark.parametrize(("right", "n"), [(0, 1), (1, 1), (0, 20), (13, 20), (30, 30)])
def test_for_right_and_wrong_it_is_the_clopper_pearson_interval(right, n):
    """The reference is scipy's."""
    reference = binomtest(right, n).proportion_ci(0.95, method="exact")
    ends = interval([1] * right + [0] * (n - right))

    assert ends == pytest.approx((reference.low, reference.high))


@pytest.mark.parametrize("quality", [0.02, 0.3, 0.5, 0.83, 0.95, 0.99])
def test_it_covers_at_least_as_often_as_it_says(quality):
    """Exactly, over all results of 30 answers; the normal one covers 78 % at 0.95."""
    ends = [interval([1] * right + [0] * (30 - right)) for right in range(31)]
    covered = sum(
        binom.pmf(right, 30, quality)
        for right, (low, high) in enumerate(ends)
        if low <= quality <= high
    )

    assert covered >= 0.95


@few
@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_it_contains_the_mean_and_has_a_width(scores):
    """Also of one score, and of scores that are all alike."""
    low, high = interval(scores)
    mean = sum(scores) / len(scores)

    assert 0 <= low <= mean + 1e-12
    assert mean - 1e-12 <= high <= 1
    assert low < high


@few
@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_more_confidence_is_a_wider_interval(scores):
    """Anything else would be nonsense."""
    narrow, wide = interval(scores, 0.8), interval(scores, 0.99)

    assert wide[0] <= narrow[0] + 1e-6
    assert wide[1] >= narrow[1] - 1e-6


def test_no_scores_leave_everything_open():
    """An empty slice is not a slice of quality 0."""
    assert interval([]) == (0.0, 1.0)


def test_clusters_count_once():
    """Ten answers on one document say as much about the others as one."""
    alone, together = interval([1] * 10), interval([1] * 10, clusters=["a"] * 10)

    assert together == interval([1])
    assert together[0] < alone[0]


def test_certainty_is_not_for_sale():
    """An interval with confidence 1 is all of 0 to 1, and is asked for by mistake."""
    with pytest.raises(UnusableInput, match=r"confidence is 1\.0"):
        interval([1, 0], 1.0)
