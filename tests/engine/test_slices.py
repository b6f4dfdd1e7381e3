"""Slices: where a candidate that does well on average does badly."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
from engine_fakes import ZERO_SHOT, design, examples

from suffice.measuring.sheet import Sheet
from suffice.measuring.slices import slices
from suffice.results import Outcome


def tagged(n, tag):
    """Examples whose language is what *tag* says of their number."""
    return tuple(
        replace(e, tags={"language": tag(i)}) for i, e in enumerate(examples(n))
    )


def outcomes(scores):
    return [
        Outcome(example_id=str(i), answer="a", score=score)
        for i, score in enumerate(scores)
    ]


def test_the_worst_slice_comes_first():
    """It is what the owner of the feature looks at."""
    order = tagged(40, lambda i: "fr" if i % 4 == 0 else "en")
    found = slices(outcomes([float(i % 4 > 0) for i in range(40)]), order)

    assert [("fr", 10, 0.0), ("en", 30, 1.0)] == [
        (s.value, s.n, s.quality) for s in found
    ]
    assert found[0].quality_high < 0.6 < found[1].quality_low


def test_a_slice_of_few_examples_says_nothing():
    """Two wrong ones of three would top every list."""
    order = tagged(40, lambda i: "rare" if i < 4 else "en")

    assert ["en"] == [s.value for s in slices(outcomes([1.0] * 40), order)]


def test_labels_are_slices():
    """Most data have no tags, but a label that is always missed is worth a word."""
    order = tuple(
        replace(e, answer="refund" if i % 3 else "delivery")
        for i, e in enumerate(examples(30))
    )
    found = slices(outcomes([float(i % 3 > 0) for i in range(30)]), order)

    assert [("answer", "delivery"), ("answer", "refund")] == [
        (s.tag, s.value) for s in found
    ]


def test_missing_answers_are_in_no_slice():
    """A lost call is neither right nor wrong."""
    order = tagged(20, lambda i: "en")
    found = slices(outcomes([None] * 8 + [1.0] * 12), order)

    assert [(12, 1.0)] == [(s.n, s.quality) for s in found]


def test_no_slice_is_told_wrongly_more_often_than_promised():
    """
    All slices at once, stopped where the average passes: 5 % of 300 climbs.

    False alarm below 1e-4.
    """
    rng, n_missed = np.random.default_rng(3), 0
    truth = {"a": 0.95, "b": 0.8, "c": 0.6}
    for _ in range(300):
        order = tagged(60, lambda i: "abc"[i % 3])
        draws = rng.random(60)
        scores = [float(draws[i] < truth["abc"[i % 3]]) for i in range(60)]
        means = np.cumsum(scores) / np.arange(1, 61)
        n = int(np.argmax(np.append(means[19:] >= 0.85, True))) + 20
        found = slices(outcomes(scores[:n]), order)
        n_missed += any(
            not s.quality_low <= truth[s.value] <= s.quality_high for s in found
        )

    assert n_missed <= 15 + 3.8 * np.sqrt(300 * 0.05 * 0.95)


def test_a_measurement_keeps_the_worst_five():
    """The report and the terminal show them without reading every outcome."""
    order = tagged(60, lambda i: f"language {i % 6}")
    sheet = Sheet(candidate=ZERO_SHOT, examples=order, design=design(60))
    for outcome in outcomes([float(i % 6 > 0) for i in range(60)]):
        sheet.add(outcome)
    sheet.look(final=True)
    kept = sheet.measured(None).slices

    assert (5, "language 0") == (len(kept), kept[0].value)


def test_each_field_of_a_json_answer_is_a_slice():
    """A form that is wrong as a whole is mostly wrong in one field."""
    wanted = [
        {"intent": "book", "day": i, **({"n": 1} if i < 6 else {})} for i in range(12)
    ]
    order = tuple(
        replace(e, answer=json.dumps(w))
        for e, w in zip(examples(12), wanted, strict=True)
    )
    answers = [
        json.dumps(w | {"day": -1}) if i % 2 else "none" for i, w in enumerate(wanted)
    ]
    done = [
        Outcome(example_id=str(i), answer=answer, score=0.0)
        for i, answer in enumerate(answers)
    ]

    assert [("day", 12, 0.0), ("intent", 12, 0.5), ("n", 6, 0.5)] == [
        (s.value, s.n, s.quality) for s in slices(done, order) if s.tag == "field"
    ]
