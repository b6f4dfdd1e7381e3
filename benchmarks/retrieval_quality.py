"""
How often retrieval finds what is wanted, on real data: by words, by vectors, by both.

    python -m benchmarks.retrieval_quality FOLDER

FOLDER holds ``banking77_10`` (is the label of the nearest examples the wanted one?)
and ``xquad_rag`` (is the paragraph with the answer among the first?).  Vectors are
those of the embedded server, which is started and stopped.  About two minutes.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from suffice.brief import EMBEDDED_MODEL, Endpoint
from suffice.data.reading import read_examples
from suffice.examples import Example
from suffice.measuring.embedder import Embedder
from suffice.retrieval.chunks import cut
from suffice.retrieval.documents import read_documents
from suffice.retrieval.finding import embeddable, with_vectors
from suffice.retrieval.pools import Pool
from suffice.services.local_server import stop_server
from suffice.stages.connect import EmbeddedModel

_DEPTHS = (1, 2, 5, 10)
_WAYS: tuple[Literal["bm25", "embeddings", "hybrid"], ...] = (
    "bm25",
    "embeddings",
    "hybrid",
)

Right = Callable[[int, int], bool]
"""Whether the place in the pool is right for that question, by its number."""


def question_vectors(embedder: Embedder, asked: Sequence[Example]) -> list[Any]:
    """The vector of each question."""

    async def embed() -> list[Any]:
        async with embedder:
            found = await embedder.vectors([embeddable(e) for e in asked])
        return [one.vector for one in found]

    return asyncio.run(embed())


def show(
    name: str, pool: Pool, asked: Sequence[Example], right: Right, embedder: Embedder
) -> None:
    """One row for each way to search."""
    pool = asyncio.run(with_vectors(pool, embedder))
    vectors = question_vectors(embedder, asked)
    for by in _WAYS:
        found = [
            pool.search(e, max(_DEPTHS), by=by, vector=v)
            for e, v in zip(asked, vectors, strict=True)
        ]
        hits = [
            sum(any(right(p, n) for p in places[:k]) for n, places in enumerate(found))
            for k in _DEPTHS
        ]
        shares = "".join(f"{hit / len(asked):>8.3f}" for hit in hits)
        print(f"{name:<14}{by:<12}{shares}")


def main() -> None:
    """Print the table."""
    data = Path(sys.argv[1])
    root = Path(tempfile.mkdtemp(prefix="suffice-"))
    model = EmbeddedModel(root, Endpoint())
    embedder = Embedder(EMBEDDED_MODEL, model, endpoint_name="embedded")
    depths = "".join(f"k = {k}".rjust(8) for k in _DEPTHS)
    print(f"{'':<26}{depths}")
    try:
        banking = data / "banking77_10"
        train = read_examples(str(banking / "train.jsonl")).examples
        asked = read_examples(str(banking / "test.jsonl")).examples
        show(
            "banking77_10",
            Pool(examples=train),
            asked,
            lambda place, n: train[place].answer == asked[n].answer,
            embedder,
        )
        xquad = data / "xquad_rag"
        documents = read_documents(str(xquad / "documents.jsonl"))
        chunks = cut(documents, chunk_tokens=200, overlap_tokens=30)
        metas = (xquad / "test.meta.jsonl").read_text(encoding="utf-8").splitlines()
        named = [json.loads(line)["doc_id"] for line in metas]
        show(
            "xquad_rag",
            Pool(chunks=tuple(chunks)),
            read_examples(str(xquad / "test.jsonl")).examples,
            lambda place, n: chunks[place].document == named[n],
            embedder,
        )
    finally:
        stop_server(root)


if __name__ == "__main__":
    main()
