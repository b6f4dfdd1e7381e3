"""A watched quality: false alarms are rare for ever, a fall is seen soon."""

from __future__ import annotations

import numpy as np
import pytest

from suffice.errors import UnusableInput
from suffice.statistics.watching import watch

EDGE = 0.87


def test_a_quality_that_holds_is_called_fallen_with_a_chance_of_five_percent() -> None:
    """
    60 watches of 800 scores at the very edge, looked at after every score.

    At the promised 5 % more than 10 alarms come with a chance of 0.01 %.
    """
    rng = np.random.default_rng(1)
    alarms = sum(
        watch(rng.random(800) < EDGE, EDGE).fell  # type: ignore[arg-type]
        for _ in range(60)
    )

    assert alarms <= 10


def test_a_fall_of_ten_points_is_seen_within_three_hundred_scores() -> None:
    """500 good scores before it must not hide it."""
    rng = np.random.default_rng(2)
    took = []
    for _ in range(30):
        scores = [*(rng.random(500) < 0.95), *(rng.random(600) < EDGE - 0.1)]
        at = watch(scores, EDGE).fell_at
        took.append((at or 9999) - 500)

    assert sorted(took)[15] < 300
    assert sum(t < 600 for t in took) >= 28


def test_what_was_seen_once_stays_seen() -> None:
    """Daily looks are free because the answer never depends on when one looks."""
    rng = np.random.default_rng(3)
    scores = [*(rng.random(300) < 0.6), *(rng.random(300) < 0.99)]
    fell = [watch(scores[:n], EDGE).fell for n in range(20, 600, 40)]

    assert fell == sorted(fell)
    assert fell[-1]


def test_graded_scores_are_watched_as_well() -> None:
    """Not every scorer says only right or wrong."""
    rng = np.random.default_rng(4)

    assert not watch(rng.beta(18, 2, 400).tolist(), EDGE).fell
    assert watch(rng.beta(14, 6, 400).tolist(), EDGE).fell


def test_nothing_watched_is_no_alarm() -> None:
    """The first day has no scores."""
    seen = watch([], EDGE)

    assert (0, False, None) == (seen.n, seen.fell, seen.fell_at)


def test_a_score_beyond_one_is_refused() -> None:
    """A percentage taken for a share would hide every fall."""
    with pytest.raises(UnusableInput, match="not from 0 to 1"):
        watch([1.0, 93.0], EDGE)
