"""Golden answers: what a champion said, and whether its successor says the same."""

from __future__ import annotations

import pytest

from suffice.candidates import Candidate
from suffice.errors import UnusableInput
from suffice.examples import Example
from suffice.measuring.golden import from_json, golden_of, succession, to_json
from suffice.results import Outcome
from suffice.stages.succession import read_golden

EXAMPLES = tuple(
    Example(id=f"e{n}", messages=({"role": "user", "content": f"{n}?"},), answer="yes")
    for n in range(40)
)
CHAMPION = Candidate(rung="fine-tuned", name="short", model="ft:old", system="desk")


def said(wrong=(), missing=()):
    """Outcomes in which some are wrong and some are missing."""
    found = []
    for n, example in enumerate(EXAMPLES):
        answer = None if n in missing else "no" if n in wrong else "yes"
        score = None if answer is None else float(answer == "yes")
        found.append(Outcome(example_id=example.id, answer=answer, score=score))
    return tuple(found)


def golden(**fields):
    return golden_of("desk-1", "f" * 64, CHAMPION, EXAMPLES, said(**fields))


def test_they_are_read_back_as_they_were_written():
    """Years later, without the examples' file or the model."""
    kept = golden(wrong=(1, 2))

    assert kept == from_json(to_json(kept))


def test_a_question_it_never_answered_is_not_kept():
    """A missing answer cannot be compared with anything."""
    kept = golden(missing=(0, 7))

    assert (38, 38) == (len(kept.examples), len(kept.outcomes))
    assert "e7" not in {example.id for example in kept.examples}


def test_a_successor_is_compared_on_the_questions_both_answered():
    """Paired: other questions would compare the questions."""
    found = succession(golden(wrong=(1, 2)), "new", said(wrong=(2, 3), missing=(9,)))

    assert (39, 1, "ft:old", "new") == (found.n, found.n_missing, found.old, found.new)
    assert found.same == pytest.approx(37 / 39)
    assert found.old_quality == found.new_quality == pytest.approx(37 / 39)
    assert found.change_low < 0 < found.change_high
    assert "37/39" not in found.text
    assert "0.95" in found.text


def test_a_successor_that_fails_is_told_apart_from_chance():
    """That is the point of keeping them."""
    found = succession(golden(), "new", said(wrong=range(0, 40, 2)))

    assert found.change_high < 0


def test_a_file_of_something_else_is_refused(tmp_path):
    """Told with where the right one is."""
    (tmp_path / "golden.json").write_text("{}")
    with pytest.raises(UnusableInput, match="holds no golden answers"):
        read_golden(tmp_path / "golden.json")
