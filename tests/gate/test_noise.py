"""Wrong labels: their rate is estimated, and the rows are named, on real messages."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from suffice.data.noise import estimate
from suffice.data.reading import read_examples

BANKING = Path(__file__).parents[3] / "shared/data/banking77_10/train.jsonl"


@pytest.fixture(scope="module")
def messages() -> tuple[list[str], list[str]]:
    if not BANKING.exists():
        pytest.skip("the banking messages are not in ../shared/data")
    examples = read_examples(str(BANKING)).examples
    return [e.question for e in examples], [e.answer for e in examples]


def flipped(labels: list[str], share: float) -> tuple[list[str], set[int]]:
    rng = Random(1)
    names, wrong = (
        sorted(set(labels)),
        rng.sample(range(len(labels)), round(share * 300)),
    )
    noisy = list(labels)
    for i in wrong:
        noisy[i] = rng.choice([n for n in names if n != labels[i]])
    return noisy, set(wrong)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.2])
def test_the_estimated_rate_is_within_five_points(
    messages: tuple[list[str], list[str]], share: float
):
    """At 0.2, every fifth point of quality is lost to the labels, not to the model."""
    texts, labels = messages
    noise = estimate(texts, flipped(labels, share)[0])

    assert noise is not None
    assert share == pytest.approx(noise.rate, abs=0.05)
    assert noise.low <= share <= noise.high


def test_most_suspects_are_wrong(messages: tuple[list[str], list[str]]):
    """A reviewer who finds nothing in the first ten rows reads no further."""
    texts, labels = messages
    noisy, wrong = flipped(labels, 0.2)
    noise = estimate(texts, noisy)

    assert noise is not None
    found = [s.index in wrong for s in noise.suspects]
    named = [s.label == labels[s.index] for s in noise.suspects]
    assert sum(found) >= 0.75 * len(found)
    assert sum(named) >= 0.7 * len(found)
    assert sum(found) >= 0.5 * len(wrong)


def test_labels_that_the_text_does_not_tell_are_not_judged():
    """Otherwise every label of such a set would be called wrong."""
    rng = Random(2)
    words = ["red", "green", "blue", "north", "south", "oak", "elm", "ash", "sun"]
    texts = [" ".join(rng.choices(words, k=5)) for _ in range(200)]
    labels = rng.choices(["yes", "no", "perhaps"], k=200)

    assert estimate(texts, labels) is None


def test_too_few_rows_are_not_judged():
    """Ten rows of a label say nothing about the eleventh."""
    assert estimate(["a b c"] * 20, ["x", "y"] * 10) is None


def test_where_words_say_little_of_the_label_nothing_is_said():
    """Ninety starter messages had "39 % wrong labels", and not one was wrong."""
    rng = Random(8)
    words = [f"w{n}" for n in range(60)]
    texts = [" ".join(rng.choices(words, k=9)) for _ in range(300)]
    labels = ["ab"[("w1" in t.split()) ^ ("w2" in t.split())] for t in texts]

    assert estimate(texts, labels) is None
