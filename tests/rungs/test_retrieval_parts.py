"""The parts of retrieval: words, ranks, vectors, passages, schemas."""

from __future__ import annotations

import itertools
import json

import bm25s
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from suffice.examples import Example
from suffice.measuring.definitions import define_labels
from suffice.measuring.demonstrations import n_tokens
from suffice.measuring.schemas import answer_schema, infer_schema
from suffice.retrieval.bm25 import Bm25, best
from suffice.retrieval.chunks import Document, cut
from suffice.retrieval.pools import Hit, fuse
from suffice.retrieval.vectors import nearest, pack, unit, unpack
from suffice.retrieval.words import word_lists, words_of

FEW = settings(max_examples=40, deadline=None)
WORDS = st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=9).map(" ".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-9, 9) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
    ),
    max_leaves=6,
)


@FEW
@given(st.lists(WORDS, min_size=1, max_size=12), WORDS)
def test_the_ranking_is_that_of_bm25s(texts, question):
    """The index is built in another way; what it says must not differ."""
    known = bm25s.BM25(method="lucene")
    known.index([t.split() for t in texts], show_progress=False)
    asked = [w for w in dict.fromkeys(question.split()) if w in known.vocab_dict]
    scores = known.get_scores(asked) if asked else np.zeros(len(texts))

    hits = Bm25(texts).search(question, len(texts))

    assert dict(hits) == pytest.approx(
        {i: float(s) for i, s in enumerate(scores) if s > 0}, rel=1e-4
    )


@FEW
@given(
    st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), min_size=1, max_size=600),
    st.integers(1, 12),
)
def test_the_best_are_found_without_sorting_all(scores, k):
    """Of equals the earlier, so that the same question always shows the same."""
    order = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
    wanted = [i for i in order if scores[i] > 0][:k]

    assert wanted == [h.place for h in best(np.array(scores, dtype=np.float32), k)]


@FEW
@given(st.text("ab Éü1-_.,日本\n", min_size=1, max_size=30))
def test_a_question_has_the_words_its_text_has(text):
    """Texts are taken apart many at a time, questions one by one."""
    assert [w for w in word_lists([text]).to_pylist()[0] if w] == words_of(text)


def test_a_near_vector_is_found_and_survives_storage():
    """What is stored with a registered model must search as it did."""
    vectors = np.array([[1, 0], [0, 1], [1, 1]], dtype=np.float32)
    stored = unpack(pack(vectors), 3)
    question = np.array([2.0, 1.9], dtype=np.float32)

    assert [2, 0] == [h.place for h in nearest(unit(stored), question, 2)]


def test_what_both_rankings_know_comes_first():
    """A passage that is fairly good by words and by vectors beats one-sided ones."""
    words = [Hit(1, 9.0), Hit(3, 8.0)]
    vectors = [Hit(2, 0.9), Hit(3, 0.8)]

    assert 3 == fuse(words, vectors)[0].place


@FEW
@given(
    st.text("ab. \n#", max_size=900),
    st.integers(32, 80),
    st.integers(0, 20),
)
def test_no_passage_is_longer_than_asked_and_no_word_is_lost(text, size, overlap):
    """A passage that is too long is cut off by the context, unseen."""
    chunks = cut(
        [Document(id="d", text=text)], chunk_tokens=size, overlap_tokens=overlap
    )

    # A heading comes on top, where it leaves less than the least there is.
    longest = size + max((n_tokens(len(c.heading)) for c in chunks), default=0)
    assert all(n_tokens(len(c.text)) <= longest for c in chunks)
    said = "".join(c.heading + c.text for c in chunks)
    assert set(text) - set(" \n#") <= set(said)
    assert len({c.id for c in chunks}) == len(chunks)


def test_a_long_paragraph_is_cut_between_sentences_with_an_overlap():
    """A sentence torn in two is found by neither half."""
    sentences = [f"This is sentence number {i} of the text." for i in range(30)]
    chunks = cut(
        [Document(id="d", text=" ".join(sentences))], chunk_tokens=60, overlap_tokens=15
    )

    assert len(chunks) > 3
    assert all(c.text.endswith(".") and c.text.startswith("This") for c in chunks)
    assert all(a.text[-20:] in b.text for a, b in itertools.pairwise(chunks))


@FEW
@given(st.lists(JSON, min_size=1, max_size=6))
def test_every_training_answer_satisfies_the_schema_inferred_from_all(values):
    """A schema that refuses a right answer makes the model wrong."""
    schema = json.loads(json.dumps(infer_schema(values)))
    Draft202012Validator.check_schema(schema)

    assert [] == [v for v in values if not Draft202012Validator(schema).is_valid(v)]


def test_the_schema_says_what_the_answers_bear():
    """Closed where the keys never vary, a list of values where they repeat."""
    answers = [json.dumps({"kind": "ab"[i % 2], "n": i}) for i in range(12)]
    schema = answer_schema(answers)

    assert {"type": "string", "enum": ["a", "b"]} == schema["properties"]["kind"]
    assert (["kind", "n"], False) == (
        schema["required"],
        schema["additionalProperties"],
    )


def test_labels_are_wrapped_for_a_schema():
    """A bare label is no JSON object."""
    schema = answer_schema(["yes", "no"] * 4)

    assert ["no", "yes"] == schema["properties"]["answer"]["enum"]


def test_a_label_is_defined_by_its_most_telling_question():
    """The one whose words stand with that label, and hardly elsewhere."""
    asked = {
        "card": ["my card is lost", "the card is gone", "lost my card and the card"],
        "rate": ["what is the rate", "the rate is bad", "is my rate good"],
    }
    train = [
        Example(id=q, messages=({"role": "user", "content": q},), answer=label)
        for label, questions in asked.items()
        for q in questions
    ]

    told = define_labels(train)

    assert '- card: such as "lost my card and the card"' in told
    assert '- rate: such as "' in told
    assert "" == define_labels(train[:2])
