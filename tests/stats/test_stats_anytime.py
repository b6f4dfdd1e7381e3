"""Intervals of parts of the scores, which were stopped by what all of them said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.statistics.anytime import always_valid

MANY = 600


@pytest.mark.parametrize(("quality", "alpha"), [(0.5, 0.1), (0.8, 0.1), (0.95, 0.05)])
def test_the_interval_is_missed_at_any_time_no_more_often_than_alpha(quality, alpha):
    """It misses at some look of 40 in about alpha of 600 runs; false alarm 1e-4."""
    rng = np.random.default_rng(11)
    n_missed = 0
    for scores in (rng.random((MANY, 40)) < quality).astype(float):
        ends = [always_valid(scores[:n], alpha, n_max=40) for n in (5, 12, 25, 40)]
        n_missed += any(not low <= quality <= high for low, high in ends)

    assert n_missed <= MANY * alpha + 3.8 * np.sqrt(MANY * alpha * (1 - alpha))


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(0, 1), max_size=30),
    st.floats(0.001, 0.2),
    st.booleans(),
)
def test_the_interval_holds_the_mean_and_only_tightens(scores, alpha, rounded):
    """More scores never take back what fewer have shown."""
    given_scores = [float(round(s)) for s in scores] if rounded else scores
    low, high = always_valid(given_scores, alpha, n_max=30)
    before = always_valid(given_scores[:-1], alpha, n_max=30)

    assert 0 <= low <= high <= 1
    if given_scores and rounded and 0 < sum(given_scores) < len(given_scores):
        assert low < high
        assert before[0] <= low + 1e-9 or sum(given_scores) / len(given_scores) <= low


def test_scores_of_a_cluster_count_once():
    """Ten questions on one document are not ten pieces of evidence."""
    scores, clusters = [1.0] * 40, [str(i // 10) for i in range(40)]
    alone = always_valid(scores, 0.05, n_max=40)
    together = always_valid(scores, 0.05, n_max=40, clusters=clusters, final=True)

    assert together[0] < 0.6 < alone[0]
