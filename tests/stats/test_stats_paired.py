"""At most a margin worse than the incumbent."""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import xlogy

from suffice.errors import UnusableInput
from suffice.statistics.acceptance import non_inferior
from suffice.statistics.paired import exact_p_value

few = settings(max_examples=50, deadline=None)


def chance(better: int, worse: int, n: int, gain: float, loss: float) -> float:
    """Of so many wins and losses among n examples."""
    ways = comb(n, better) * comb(n - better, worse)
    same = n - better - worse
    return ways * gain**better * loss**worse * (1 - gain - loss) ** same


@pytest.mark.parametrize(("n", "margin"), [(12, 0.1), (20, 0.05), (20, 0.2), (15, 0.0)])
@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_it_errs_at_most_alpha_whatever_the_share_that_differs(n, margin, alpha):
    """Over every result there is, at every share tried, right at the margin."""
    passing = [
        (b, w)
        for b, w in product(range(n + 1), repeat=2)
        if b + w <= n and exact_p_value(b, w, n, margin) <= alpha
    ]
    gains = [i / 40 * (1 - margin) / 2 for i in range(41)]
    errors = [sum(chance(b, w, n, g, g + margin) for b, w in passing) for g in gains]

    assert max(errors) <= alpha


def score(better: int, worse: int, n: int, margin: float) -> float:
    """Score statistic, with the likelihood maximised by trying 20,000 shares."""
    loss = margin + np.arange(1, 20_000) / 20_000 * (1 - margin) / 2
    gain, same = loss - margin, n - better - worse
    likelihood = xlogy(better, gain) + xlogy(worse, loss) + xlogy(same, 1 - gain - loss)
    best = int(np.argmax(likelihood))
    spread = np.sqrt(n * (gain[best] + loss[best] - margin**2))
    return float((better - worse + n * margin) / spread)


@pytest.mark.parametrize(("better", "worse"), [(1, 0), (3, 1), (1, 4), (6, 6), (9, 0)])
def test_the_p_value_is_the_worst_chance_of_a_result_as_good(better, worse):
    """Against enumeration with a statistic that was worked out apart."""
    n, margin = 14, 0.1
    seen = score(better, worse, n, margin) - 1e-3
    results = [r for r in product(range(n + 1), repeat=2) if sum(r) <= n]
    as_good = [r for r in results if score(*r, n, margin) >= seen]
    gains = np.linspace(0, (1 - margin) / 2, 800)
    worst = max(sum(chance(b, w, n, g, g + margin) for b, w in as_good) for g in gains)

    assert exact_p_value(better, worse, n, margin) == pytest.approx(worst, rel=1e-3)


@few
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), max_size=60))
def test_passed_means_that_the_low_end_is_over_minus_the_margin(pairs):
    """One statement in two forms."""
    new, old = [p[0] for p in pairs], [p[1] for p in pairs]
    found = non_inferior(new, old, margin=0.1, alpha=0.1)

    assert found.passed == (found.low >= -0.1)
    assert -1 <= found.low <= max(found.difference, -0.1)


@few
@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=60),
    st.data(),
)
def test_one_more_right_answer_never_hurts(pairs, data):
    """Otherwise a candidate could gain by answering worse."""
    new, old = [p[0] for p in pairs], [p[1] for p in pairs]
    i = data.draw(st.integers(0, len(pairs) - 1))
    better = [1 if j == i else s for j, s in enumerate(new)]
    before = non_inferior(new, old, margin=0.1, alpha=0.1)
    after = non_inferior(better, old, margin=0.1, alpha=0.1)

    assert after.p_value <= before.p_value + 1e-9


def test_pairing_proves_what_two_separate_means_would_not():
    """Two candidates that differ on 4 of 200 examples are known to be close."""
    old = [1] * 180 + [0] * 20
    new = [1] * 178 + [0] * 20 + [1] * 2
    found = non_inferior(new, old, margin=0.03, alpha=0.05)

    assert found.passed
    assert (found.n_better, found.n_worse, found.difference) == (2, 2, 0.0)


def test_a_candidate_that_is_worse_does_not_pass():
    """Five points down is not within three."""
    old, new = [1] * 200, [1] * 190 + [0] * 10

    assert not non_inferior(new, old, margin=0.03, alpha=0.05).passed


def test_graded_scores_are_compared_by_bets():
    """Answers that score alike within a point or two."""
    old = [0.8, 0.9, 0.7, 1.0] * 60
    new = [0.81, 0.88, 0.71, 0.99] * 60

    assert non_inferior(new, old, margin=0.1, alpha=0.05).passed
    assert not non_inferior([s - 0.2 for s in old], old, margin=0.1, alpha=0.05).passed


def test_nothing_is_proved_by_no_examples():
    """Not even at a generous margin."""
    found = non_inferior([], [], margin=0.5, alpha=0.5)

    assert (found.passed, found.n, found.p_value) == (False, 0, 1.0)


def test_scores_that_do_not_pair_are_refused():
    """They would be compared on different examples."""
    with pytest.raises(UnusableInput, match="2 scores of the candidate but 3"):
        non_inferior([1, 0], [1, 0, 1], margin=0.05, alpha=0.05)


def test_a_margin_that_means_nothing_is_refused():
    """At a margin of 1 every candidate would pass."""
    with pytest.raises(UnusableInput, match=r"margin 1\.0"):
        non_inferior([1, 0], [1, 1], margin=1.0, alpha=0.05)
