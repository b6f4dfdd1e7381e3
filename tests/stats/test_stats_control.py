"""Another candidate's scores as a control variate: shorter, and still true."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from suffice.errors import UnusableInput
from suffice.statistics.control import FEWEST, controlled_mean
from suffice.statistics.intervals import interval

BITS = st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=90)


def both(rng, n, *, correlation, now=0.85, before=0.75):
    """Scores of two rungs on the same examples."""
    common, own, other = rng.standard_normal((3, n))
    a, b = np.sqrt(correlation), np.sqrt(1 - correlation)
    return (
        (a * common + b * own <= ndtri(now)).astype(float),
        (a * common + b * other <= ndtri(before)).astype(float),
    )


@pytest.mark.parametrize("correlation", [0.0, 0.6, 0.9])
def test_the_controlled_interval_holds_the_truth(correlation):
    """At 95 % in 600 samples of a fixed size; a false alarm has a chance below 1e-4."""
    rng, n_missed = np.random.default_rng(12), 0
    for _ in range(600):
        now, before = both(rng, 800, correlation=correlation)
        found = controlled_mean(now[:200], before[:200], before[200:])
        n_missed += not found.low <= 0.85 <= found.high

    assert n_missed <= 30 + 3.8 * np.sqrt(600 * 0.05 * 0.95)


def test_it_is_shorter_the_more_the_two_have_in_common():
    """Means over 60 samples; that is all it is for."""
    rng, widths = np.random.default_rng(13), []
    for correlation in (0.3, 0.9):
        ratios = []
        for _ in range(60):
            now, before = both(rng, 1200, correlation=correlation)
            found = controlled_mean(now[:200], before[:200], before[200:])
            low, high = interval(now[:200])
            ratios.append((found.high - found.low) / (high - low))
        widths.append(np.mean(ratios))

    assert widths[1] < 0.85 < widths[0] < 1.0


@settings(max_examples=50, deadline=None)
@given(BITS, BITS, st.data())
def test_it_is_an_interval_whatever_the_scores(scores, elsewhere, data):
    """Also where all scores are the same, and where there are few."""
    n = len(scores)
    others = data.draw(st.lists(st.floats(0, 1), min_size=n, max_size=n))
    found = controlled_mean(scores, others, elsewhere)

    assert 0 <= found.low <= found.mean <= found.high <= 1
    assert found.low < found.high
    assert found.weight == 0 or min(n, len(elsewhere)) >= FEWEST


def test_few_scores_get_the_exact_interval():
    """A normal interval of 49 answers may be anything."""
    scores = [1.0] * 45 + [0.0] * 4
    found = controlled_mean(scores, scores, [1.0, 0.0] * 500)

    assert interval(scores) == (found.low, found.high)


def test_scores_must_be_paired():
    """Otherwise the correlation would be of nothing."""
    with pytest.raises(UnusableInput, match="pair them"):
        controlled_mean([1.0], [1.0, 0.0], [1.0])
