"""Indicators are counted from answers that were given, not asked of the user."""

from __future__ import annotations

import pytest

from suffice.measuring.indicators import n_malformed, n_too_long
from suffice.results import Outcome

LABELS = ["refund", "delivery", "refund", "delivery", "refund", "delivery"]


def outcome(answer: str | None, score: float | None = 0.0, reason: str = "") -> Outcome:
    """One answer and its score."""
    return Outcome(example_id="e", answer=answer, score=score, reason=reason)


@pytest.mark.parametrize(
    ("answers", "right_form", "wrong_form"),
    [
        (LABELS, "Delivery.", "I think it is about a refund"),
        (['{"a": 1, "b": 2}', '{"a": 3, "b": 4}'], '{"a": 9, "b": 9}', '{"a": 9}'),
        (["12", "3.5", "1,000"], "13", "about thirteen"),
    ],
)
def test_a_wrong_answer_in_the_wrong_form_is_told_from_a_merely_wrong_one(
    answers: list[str], right_form: str, wrong_form: str
) -> None:
    """The first wants a tuned or constrained format, the second more knowledge."""
    assert n_malformed([outcome(right_form), outcome(wrong_form)], answers) == 1


def test_a_right_answer_is_well_formed_whatever_it_looks_like() -> None:
    """The scorer decides what is right."""
    assert n_malformed([outcome("It is a refund!", score=1.0)], LABELS) == 0


def test_free_text_has_no_form_to_miss() -> None:
    """A summary is not malformed because it is new."""
    assert n_malformed([outcome("anything")], ["One text.", "Another one."]) == 0


def test_prompts_longer_than_the_context_are_counted_by_what_the_endpoint_said() -> (
    None
):
    """Other missing calls are somebody else's fault."""
    said = "HTTP 400: This model's maximum context length is 8192 tokens"
    lost = [outcome(None, None, said), outcome(None, None, "no answer in 120 s")]

    assert n_too_long(lost) == 1
