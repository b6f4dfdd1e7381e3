"""What needs no language model must be found out before one is paid for."""

from __future__ import annotations

import json

from engine_fakes import design, examples

from suffice.examples import Example, Split
from suffice.measuring.floor import (
    MAJORITY,
    NEAREST,
    TFIDF,
    FloorModel,
    floor_methods,
    measure_floor,
)
from suffice.measuring.scorers import scorer

SAID = {
    "refund": "I want my money back",
    "login": "I cannot sign in",
    "bug": "it broke",
}


def messages(n, answer):
    labels = list(SAID)
    return tuple(
        Example(
            id=str(i),
            messages=({"role": "user", "content": f"{SAID[labels[i % 3]]}, case {i}"},),
            answer=answer(labels[i % 3], i),
        )
        for i in range(n)
    )


def label(name, i):
    return name


def as_json(name, i):
    return json.dumps({"kind": name, "urgent": name == "bug"}, separators=(",", ":"))


def test_learns_labels():
    """Three kinds of message with words of their own need no language model."""
    model, asked = (
        FloorModel(messages(60, label)),
        ["my money back please", "it broke!"],
    )

    assert model.predict(TFIDF, asked) == ["refund", "bug"]
    assert model.predict(NEAREST, asked) == ["refund", "bug"]


def test_the_majority_is_what_guessing_gives():
    """Whatever does not beat it is worth nothing."""
    train = (*messages(30, label), *messages(1, label))

    assert FloorModel(train).predict(MAJORITY, ["anything"]) == ["refund"]


def test_learns_json_field_by_field_and_writes_it_alike():
    """Each field is a label of its own, put together in the style of the answers."""
    model = FloorModel(messages(60, as_json))

    assert model.predict(TFIDF, ["it broke again"]) == ['{"kind":"bug","urgent":true}']


def test_free_text_is_copied_not_learned():
    """Where no answer repeats there is nothing to classify."""
    assert floor_methods(examples(20)) == ["majority", "nearest neighbour"]


def test_it_is_judged_like_every_other_rung():
    """The verdict may be that no language model is needed."""
    data = messages(260, label)
    split = Split(train=data[:60], dev=data[60:90], test=data[90:])

    candidate, measured, outcomes = measure_floor(
        split, scorer=scorer("exact"), design=design(len(split.test))
    )

    assert (
        candidate.rung,
        measured.ruling,
        measured.usd_per_request,
        measured.n_calls,
    ) == ("floor", "passed", 0.0, 0)
    assert "no model is called" in measured.note
    assert measured.n == len(outcomes)


def test_it_sees_no_answer_but_those_of_train():
    """A floor that has seen the test set is no floor."""
    data = messages(60, label)
    split = Split(train=data[:30], dev=data[30:40], test=examples(40))

    _, measured, _ = measure_floor(
        split, scorer=scorer("exact"), design=design(len(split.test))
    )

    assert (measured.ruling, measured.quality) == ("failed", 0.0)


def test_one_question_gets_the_answer_it_gets_among_many():
    """Deployed, it is asked one question at a time."""
    model = FloorModel(messages(60, label))
    questions = ["money", "sign in", "broke"]
    together = model.predict("tf-idf + regression", questions)

    assert together == [model.predict("tf-idf + regression", [q])[0] for q in questions]
