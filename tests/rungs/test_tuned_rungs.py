"""Tuned rungs that are shown something: taught as they will be asked, never a leak."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from suffice.brief import Brief
from suffice.candidates import Retrieval
from suffice.examples import Example
from suffice.measuring.means import Means
from suffice.measuring.tuned_rungs import training_rows, tuned_candidate
from suffice.retrieval.chunks import Document, cut
from suffice.retrieval.finding import Finder
from suffice.retrieval.pools import Pool
from suffice.stages.judging import prompting_attempts, tuned_attempts

BRIEF = Brief(name="orders", instructions="Name it.", examples="x.jsonl")
TRAIN = tuple(
    Example(
        id=str(i),
        messages=({"role": "user", "content": f"where is the {t} {i}"},),
        answer=f"shelf {i}",
    )
    for i, t in enumerate(("red car", "red door", "blue car", "blue door"))
)
CHUNKS = cut(
    [Document(id=e.id, text=f"On {e.answer}: {e.question[9:]}.") for e in TRAIN],
    chunk_tokens=64,
    overlap_tokens=0,
)


def rows_of(rung, means):
    candidate = tuned_candidate(BRIEF, "m", rung, means)
    finder = Finder([means.examples, means.documents])
    return candidate, finder, training_rows(BRIEF, TRAIN, candidate, finder)


def test_a_training_row_shows_other_examples_never_itself():
    """Else it learns to copy, and at run time there is nothing to copy."""
    means = Means(examples=Pool(examples=TRAIN))
    _, _, rows = rows_of("fine-tuned-few-shot", means)

    for row, example in zip(rows, TRAIN, strict=True):
        shown = [m for m in row["messages"][:-1] if m["role"] == "assistant"]
        assert 1 <= len(shown) <= 3
        assert example.answer not in [m["content"] for m in shown]
        assert {0} == {m["weight"] for m in shown}


@pytest.mark.parametrize("rung", ["fine-tuned-few-shot", "fine-tuned-rag"])
def test_what_is_trained_is_what_will_run(rung):
    """The same retriever, the same place in the prompt, the same order."""
    means = Means(examples=Pool(examples=TRAIN), documents=Pool(chunks=tuple(CHUNKS)))
    candidate, finder, rows = rows_of(rung, means)
    new = replace(TRAIN[0], id="new")

    found = asyncio.run(finder.find(candidate.retrieval, new)).found
    asked = candidate.request(new, found)["messages"]

    taught = [{"role": m["role"], "content": m["content"]} for m in rows[0]["messages"]]
    assert asked == taught[:-1]


def test_each_variant_is_taught_other_rows():
    """Each is a job of its own: the rows are part of what a job is known by."""
    means = Means(examples=Pool(examples=TRAIN), documents=Pool(chunks=tuple(CHUNKS)))
    rows = [
        rows_of(rung, means)[2]
        for rung in ("fine-tuned", "fine-tuned-few-shot", "fine-tuned-rag")
    ]

    assert rows[0] != rows[1] != rows[2] != rows[0]


def test_the_retriever_that_prompting_chose_is_taken_over():
    """It was chosen on dev; nothing better is known before training."""
    pool = Pool(examples=TRAIN)
    chosen = Retrieval(
        what="examples", by="bm25", k=2, pool=pool.digest, room_tokens=500
    )
    means = Means(examples=pool, found=chosen)

    assert chosen == tuned_candidate(BRIEF, "m", "fine-tuned-few-shot", means).retrieval


def test_tuned_rungs_are_tried_only_where_they_are_listed():
    """Each costs a training job."""
    listed = ("zero-shot", "fine-tuned", "fine-tuned-rag")
    brief = Brief(
        name="a", instructions="b", examples="c", rungs=listed, documents="docs"
    )
    untunable = brief.model_copy(
        update={"models": brief.models.model_copy(update={"tunable": None})}
    )

    assert ["fine-tuned", "fine-tuned-rag"] == tuned_attempts(brief)
    assert ["fine-tuned"] == tuned_attempts(BRIEF)
    assert [] == tuned_attempts(untunable)


def test_cheaper_models_are_tried_first():
    """Of two that suffice the cheaper is found with fewer calls."""
    models = BRIEF.models.model_copy(
        update={"base": ("gpt-5.5", "unknown-model", "gpt-6-luna")}
    )
    brief = BRIEF.model_copy(update={"models": models, "rungs": ("zero-shot",)})

    tried = [model for _, model in prompting_attempts(brief)]
    assert ["gpt-6-luna", "gpt-5.5", "unknown-model"] == tried
