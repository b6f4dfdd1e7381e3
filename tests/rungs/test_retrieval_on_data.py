"""Retrieval on real data, by words alone: what the rungs have to build on."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from suffice.candidates import Retrieval
from suffice.data.reading import read_examples
from suffice.retrieval.chunks import cut
from suffice.retrieval.documents import read_documents
from suffice.retrieval.finding import Finder
from suffice.retrieval.pools import Pool

DATA = Path(__file__).parents[2].parent / "shared" / "data"
needs_data = pytest.mark.skipif(
    not DATA.exists(), reason="the shared data sets lie beside the repository only"
)


@needs_data
def test_the_nearest_example_mostly_has_the_right_label():
    """77 intents of a bank, ten of them: what copying the nearest would score."""
    folder = DATA / "banking77_10"
    train = read_examples(str(folder / "train.jsonl")).examples
    test = read_examples(str(folder / "test.jsonl")).examples
    pool = Pool(examples=train)

    right = {
        k: sum(
            any(train[i].answer == e.answer for i in pool.search(e, k, by="bm25"))
            for e in test
        )
        / len(test)
        for k in (1, 4)
    }

    assert right[1] >= 0.90
    assert right[4] >= 0.97


@needs_data
def test_the_passage_with_the_answer_is_among_the_first():
    """Questions on 240 paragraphs, each of which says which one answers it."""
    folder = DATA / "xquad_rag"
    chunks = cut(
        read_documents(str(folder / "documents.jsonl")),
        chunk_tokens=200,
        overlap_tokens=30,
    )
    metas = (folder / "test.meta.jsonl").read_text(encoding="utf-8").splitlines()
    named = [json.loads(line)["doc_id"] for line in metas]
    test = read_examples(str(folder / "test.jsonl")).examples
    pool = Pool(chunks=tuple(chunks))

    def hit(k: int) -> float:
        found = [
            {chunks[i].document for i in pool.search(e, k, by="bm25")} for e in test
        ]
        return sum(n in docs for n, docs in zip(named, found, strict=True)) / len(test)

    assert hit(1) >= 0.90
    assert hit(5) >= 0.99


@needs_data
def test_the_answers_text_counts_as_a_hit_where_no_document_is_named():
    """Most examples do not say where their answer stands."""
    folder = DATA / "xquad_rag"
    documents = read_documents(str(folder / "documents.jsonl"))
    pool = Pool(chunks=tuple(cut(documents, chunk_tokens=200, overlap_tokens=30)))
    test = read_examples(str(folder / "test.jsonl")).examples
    how = Retrieval(
        what="documents", by="bm25", k=5, pool=pool.digest, room_tokens=9999
    )

    async def hits() -> list[bool | None]:
        finder = Finder([pool])
        return [(await finder.find(how, e)).hit for e in test]

    found = [hit for hit in asyncio.run(hits()) if hit is not None]
    assert len(found) >= 0.95 * len(test)
    assert sum(found) / len(found) >= 0.98
