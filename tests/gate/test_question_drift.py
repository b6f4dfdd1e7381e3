"""New questions are told from old ones, and old ones are not called new."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from suffice.data.drift import MIN_QUESTIONS, level_at, question_drift

CARDS = ("card", "lost", "stolen", "frozen", "new", "my", "wallet", "pin", "please")
RATES = ("exchange", "rate", "weekend", "euro", "dollar", "today", "my", "please")


def asked(n: int, words: tuple[str, ...], seed: int) -> list[str]:
    rng = Random(seed)
    return [" ".join(rng.choices(words, k=6)) for _ in range(n)]


def test_a_new_topic_is_told() -> None:
    """The re-check must see that users ask for something else."""
    found = question_drift(asked(80, CARDS, 1), asked(40, RATES, 2), seed=7)

    assert found.p_value <= 1e-3
    assert found.effect > 0.7
    assert "changed" in found.text


def test_a_fifth_of_new_questions_is_told() -> None:
    """Mostly it is one new topic among the old ones."""
    fresh = asked(48, CARDS, 3) + asked(12, RATES, 4)
    found = question_drift(asked(150, CARDS, 1), fresh, seed=7)

    assert found.p_value <= 0.01
    assert all(
        "exchange" in e
        or "rate" in e
        or "euro" in e
        or "dollar" in e
        or "weekend" in e
        or "today" in e
        for e in found.examples
    )


def test_false_alarms_are_as_rare_as_promised() -> None:
    """A permutation test errs with the level at most: 60 draws, at most 8 below 5 %
    (exceeded with a chance of 0.2 %)."""
    values = [
        question_drift(asked(40, CARDS, n), asked(25, CARDS, 1000 + n), seed=n).p_value
        for n in range(60)
    ]

    assert sum(p <= 0.05 for p in values) <= 8
    assert np.mean(values) > 0.35


def test_texts_that_are_all_the_same_show_no_change() -> None:
    """Nothing can be told from them, and nothing must be."""
    found = question_drift(["same"] * 30, ["same"] * 30, seed=7)

    assert found.p_value > 0.05
    assert found.effect == 0.0


def test_too_few_questions_tell_nothing() -> None:
    """A first day of traffic is no reason for an alarm."""
    found = question_drift(
        asked(80, CARDS, 1), asked(MIN_QUESTIONS - 1, RATES, 2), seed=7
    )

    assert found.p_value == 1.0
    assert "too few" in found.text


def test_the_same_seed_gives_the_same_answer() -> None:
    """A re-check that is run again must say the same."""
    drifts = [
        question_drift(asked(60, CARDS, 1), asked(30, CARDS, 2), seed=3)
        for _ in range(2)
    ]

    assert drifts[0] == drifts[1]


def test_questions_that_are_shown_are_masked() -> None:
    """Traffic holds personal data, and reports are passed on."""
    fresh = [f"zzz {i} write to ann{i}@corp.io" for i in range(25)]
    found = question_drift(asked(60, CARDS, 1), fresh, seed=7)

    assert found.examples
    assert not any("@" in e for e in found.examples)


@pytest.mark.parametrize("n", [1, 10, 1000])
def test_looking_again_and_again_keeps_the_level(n: int) -> None:
    """However often the re-check runs, its chance of a false alarm stays bounded."""
    assert sum(level_at(k) for k in range(1, n + 1)) <= 0.05
