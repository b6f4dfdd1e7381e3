"""Parts of the examples: nested, balanced, and the same for the same seed."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from rung_cases import orders

from suffice.brief import Tuning
from suffice.examples import Example
from suffice.measuring.subsampling import part_of

labels = st.lists(st.integers(0, 12), min_size=1, max_size=120)


shares = st.floats(0.01, 0.99)


def labelled(answers: list[int]) -> tuple[Example, ...]:
    return tuple(
        Example(
            id=f"e{i}", messages=({"role": "user", "content": f"{i}"},), answer=f"{a}"
        )
        for i, a in enumerate(answers)
    )


@settings(max_examples=50, deadline=None)
@given(answers=labels, one=shares, other=shares, seed=st.integers(0, 99))
def test_a_smaller_part_lies_within_a_larger_one(
    answers: list[int], one: float, other: float, seed: int
) -> None:
    """Else two points of the curve would differ by their draw, not by their size."""
    examples = labelled(answers)
    small, large = (
        part_of(examples, share, seed=seed) for share in sorted((one, other))
    )

    assert {e.id for e in small} <= {e.id for e in large}
    assert len(small) == max(1, round(min(one, other) * len(examples)))


@settings(max_examples=50, deadline=None)
@given(answers=labels, share=shares, seed=st.integers(0, 99))
def test_a_part_holds_each_answer_in_its_share(
    answers: list[int], share: float, seed: int
) -> None:
    """A part without the rare answers would look worse than its size."""
    examples = labelled(answers)
    seen = Counter(e.answer for e in part_of(examples, share, seed=seed))

    for answer, n in Counter(e.answer for e in examples).items():
        assert abs(seen[answer] - share * n) <= 2.5


def test_the_same_seed_draws_the_same_part_and_another_one_another() -> None:
    """A job is known by its rows: other rows would be paid for again."""
    once, again, other = (part_of(orders(0, 80), 0.5, seed=seed) for seed in (7, 7, 8))

    assert once == again
    assert once != other


def test_what_must_not_be_learned_is_in_no_part() -> None:
    """It would be left out of the file, and the point would stand too far right."""
    examples = tuple(
        Example(id=f"e{i}", messages=e.messages, answer=e.answer, weight=i % 2)
        for i, e in enumerate(orders(0, 20))
    )

    assert 5 == len(part_of(examples, 0.5, seed=7))


@pytest.mark.parametrize(
    "shares", [(0.5, 0.25), (0.5, 0.5), (0.0,), (1.0,), (0.1, 0.2, 0.3, 0.4, 0.5)]
)
def test_shares_that_make_no_curve_are_refused(shares: tuple[float, ...]) -> None:
    """Before anything is spent on them."""
    with pytest.raises(ValidationError, match="learning_curve"):
        Tuning(learning_curve=shares)
