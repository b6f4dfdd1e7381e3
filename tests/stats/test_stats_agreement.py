"""How far a judge can be trusted, and rates corrected for its errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.errors import UnusableInput
from suffice.statistics.agreement import agreement, corrected_rate

BITS = st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=40)
GRADES = st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), min_size=1, max_size=40)


def cohen(a, b):
    """The textbook's kappa of two lists of 0 and 1."""
    a, b = np.array(a), np.array(b)
    chance = a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())
    return (np.mean(a == b) - chance) / (1 - chance)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_kappa_of_zeros_and_ones_is_cohens(data):
    """The weights only matter between grades."""
    ours = data.draw(BITS)
    n = len(ours)
    theirs = data.draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=n, max_size=n))
    if len({*ours, *theirs}) == 2:
        assert pytest.approx(cohen(ours, theirs)) == agreement(ours, theirs).kappa


@settings(max_examples=50, deadline=None)
@given(GRADES)
def test_full_agreement_has_a_kappa_of_one(scores):
    """Also where all scores are the same."""
    found = agreement(scores, scores)

    assert (1.0, 1.0) == (found.kappa, found.agreement)


def test_guessing_has_a_kappa_near_zero():
    """However often the two agree by chance; the spread here is 0.022."""
    rng = np.random.default_rng(5)
    ours, theirs = (rng.random((2, 2000)) < 0.9).astype(float)
    found = agreement(ours, theirs)

    assert abs(found.kappa) < 0.1 < 0.75 < found.agreement


def test_close_grades_disagree_less():
    """A 4 for a 5 is a smaller mistake than a 1 for a 5."""
    human = [1.0, 0.0, 0.5, 1.0, 0.0, 0.5]
    close, far = human.copy(), human.copy()
    close[0], far[0] = 0.75, 0.0

    assert agreement(far, human).kappa < agreement(close, human).kappa < 1


def test_rogan_and_gladen_by_hand():
    """80 % pass; the judge finds 9 of 10 good ones and clears 6 of 10 bad ones."""
    judge = [1.0] * 9 + [0.0] + [0.0] * 6 + [1.0] * 4
    human = [1.0] * 10 + [0.0] * 10
    found = corrected_rate([1.0] * 80 + [0.0] * 20, judge, human)

    assert pytest.approx((0.8 + 0.6 - 1) / (0.9 + 0.6 - 1)) == found.rate


def drawn(rng, n, *, quality, found, cleared):
    """Truth and the judge's scores of *n* answers."""
    good = rng.random(n) < quality
    says = np.where(good, rng.random(n) < found, rng.random(n) >= cleared)
    return good.astype(float), says.astype(float)


@pytest.mark.parametrize(
    ("truth", "n", "n_labels"),
    [
        ({"quality": 0.9, "found": 0.95, "cleared": 0.8}, 200, 60),
        ({"quality": 0.7, "found": 0.8, "cleared": 0.8}, 200, 80),
        ({"quality": 0.95, "found": 0.97, "cleared": 0.6}, 150, 40),
    ],
)
def test_the_corrected_interval_holds_the_truth(truth, n, n_labels):
    """At 95 %, in 400 samples; more than 38 misses have a chance below 1e-4."""
    rng, n_missed = np.random.default_rng(8), 0
    for _ in range(400):
        _, scores = drawn(rng, n, **truth)
        human, judge = drawn(rng, n_labels, **truth)
        if 0 < human.sum() < n_labels:
            ends = corrected_rate(scores, judge, human)
            n_missed += not ends.low <= truth["quality"] <= ends.high

    assert n_missed <= 38


def test_grades_are_corrected_by_the_mean_error():
    """A judge that is a tenth too kind to everybody."""
    rng, n_missed = np.random.default_rng(9), 0
    for _ in range(100):
        truth = rng.beta(8, 4, 180)
        judge = np.clip(truth + rng.normal(0.1, 0.05, 180), 0, 1)
        ends = corrected_rate(judge[:120], judge[120:], truth[120:])
        n_missed += not ends.low <= 8 / 12 <= ends.high

        assert abs(ends.rate - 8 / 12) < 0.1

    assert n_missed <= 5 + 3.8 * np.sqrt(100 * 0.05 * 0.95)


@settings(max_examples=50, deadline=None)
@given(GRADES, st.data())
def test_the_interval_holds_the_rate_and_lies_within_zero_and_one(scores, data):
    """A correction may lead out of 0 to 1; what is told never does."""
    pairs = st.lists(
        st.tuples(*[st.sampled_from([0.0, 1.0])] * 2), min_size=1, max_size=20
    )
    judge, human = zip(*data.draw(pairs), strict=True)
    kinds = (scores, [float(s > 0.5) for s in scores])
    for values in kinds:
        found = corrected_rate(values, judge, human)

        assert 0 <= found.low <= found.rate <= found.high <= 1
        assert found.low < found.high


def test_a_judge_that_guesses_tells_nothing():
    """Its rate cannot be corrected: the interval is all there is."""
    judge, human = [1.0, 0.0] * 20, [1.0, 1.0, 0.0, 0.0] * 10
    found = corrected_rate([1.0] * 90 + [0.0] * 10, judge, human)

    assert (0.0, 1.0) == (found.low, found.high)


@settings(max_examples=30, deadline=None)
@given(st.integers(10, 200), st.integers(1, 8))
def test_more_labels_never_widen_the_interval(n_labels, times):
    """Labelling pays: the same shares from more labels say more."""
    judge = [1.0] * 9 * n_labels + [0.0] * n_labels + [0.0] * 8 * n_labels + [1.0] * 2
    human = [1.0] * 10 * n_labels + [0.0] * (8 * n_labels + 2)
    scores = [1.0] * 85 + [0.0] * 15
    few = corrected_rate(scores, judge, human)
    many = corrected_rate(scores, judge * (times + 1), human * (times + 1))

    assert many.high - many.low <= few.high - few.low + 1e-9


@pytest.mark.parametrize(
    ("judge", "human"), [([], []), ([1.0], [1.0, 0.0]), ([2.0], [1.0])]
)
def test_pairs_that_are_none_are_refused(judge, human):
    """Rather than compared as far as they go."""
    with pytest.raises(UnusableInput):
        agreement(judge, human)
