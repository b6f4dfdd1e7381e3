"""
The sources of a climb: its documents in passages, and the pools that rungs search.

Passages are cut once, when the climb is opened; a pool that a measured candidate
searches is kept, so that the registered model can carry it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from suffice.brief import Brief
from suffice.candidates import Candidate, Retrieval
from suffice.errors import CallFailed, EnvironmentFailed
from suffice.examples import Example, Split
from suffice.files import write_atomically
from suffice.journal import Journal
from suffice.measuring.embedder import Embedder
from suffice.retrieval.chunks import Chunk, cut
from suffice.retrieval.documents import read_documents
from suffice.retrieval.finding import Finder, with_vectors
from suffice.retrieval.pools import Pool
from suffice.retrieval.quoted import quoted_answers

_CHUNKS = TypeAdapter(tuple[Chunk, ...])
_POOL = TypeAdapter(Pool)


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What one rung may search, opened."""

    examples: Pool | None = None
    documents: Pool | None = None
    embedder: Embedder | None = None

    @property
    def finder(self) -> Finder | None:
        """``None`` where there is nothing to search."""
        pools = [p for p in (self.examples, self.documents) if p is not None]
        return Finder(pools, self.embedder) if pools else None

    def pool_of(self, retrieval: Retrieval) -> Pool:
        """The pool that *retrieval* searches."""
        pool = self.examples if retrieval.what == "examples" else self.documents
        if pool is None or pool.digest != retrieval.pool:
            raise EnvironmentFailed(f"The pool {retrieval.pool!r} is not open.")
        return pool


NO_SOURCES = Sources()


def read_passages(brief: Brief) -> tuple[Chunk, ...]:
    """
    The passages of the brief's documents; none where no rung retrieves from them.

    Raises `UnusableInput` where they cannot be read.
    """
    if brief.documents is None or not any(r.endswith("rag") for r in brief.rungs):
        return ()
    documents = read_documents(brief.documents)
    size, overlap = brief.chunks.tokens, brief.chunks.overlap_tokens
    return tuple(cut(documents, chunk_tokens=size, overlap_tokens=overlap))


def digest_of(passages: Sequence[Chunk]) -> str:
    """Changes with anything that could be retrieved; empty without passages."""
    if not passages:
        return ""
    text = json.dumps([asdict(c) for c in passages], ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def quotes(passages: Sequence[Chunk], test: Sequence[Example]) -> tuple[str, ...]:
    """A warning where documents hold test examples; nothing where they do not."""
    found = quoted_answers(passages, test)
    if not found:
        return ()
    first = found[0]
    return (
        f"The documents quote {len(found)} of {len(test)} test examples (such as "
        f"{first.example_id!r}, {first.what} in {first.chunk_id!r}): what retrieval "
        "scores on them says little about new questions; take them out of the "
        "documents or of the test.",
    )


def store_passages(folder: Path, passages: Sequence[Chunk]) -> None:
    """Keep the passages with the climb, where it has any."""
    path = folder / "passages.json"
    if passages and not path.exists():
        write_atomically(path, _CHUNKS.dump_json(tuple(passages)).decode())


def kept_passages(folder: Path) -> tuple[Chunk, ...]:
    """The passages that the climb was opened with."""
    path = folder / "passages.json"
    return _CHUNKS.validate_json(path.read_bytes()) if path.exists() else ()


def embedding_model(brief: Brief) -> str | None:
    """The model to embed by; ``None`` where the endpoint is not known to have one."""
    elsewhere = brief.models.endpoint.base_url is not None
    unnamed = "embedder" not in brief.model_fields_set
    return None if elsewhere and unnamed else brief.embedder


def open_sources(
    split: Split,
    passages: Sequence[Chunk],
    *,
    wanted: Sequence[str],
    embedder: Embedder | None,
    journal: Journal,
) -> Sources:
    """The pools in *wanted* (``examples``, ``documents``), with vectors if possible."""
    sources = Sources()
    if "examples" in wanted and split.train:
        sources = replace(sources, examples=Pool(examples=split.train))
    if "documents" in wanted and passages:
        sources = replace(sources, documents=Pool(chunks=tuple(passages)))
    if embedder is None:
        return sources
    try:
        return Sources(
            examples=_embedded(sources.examples, embedder),
            documents=_embedded(sources.documents, embedder),
            embedder=embedder,
        )
    except CallFailed as error:
        told = f"{embedder.model} gives no vectors, words alone are searched: {error}"
        journal.write("done", rung="", text=told)
        return sources


def _embedded(pool: Pool | None, embedder: Embedder) -> Pool | None:
    return pool and asyncio.run(with_vectors(pool, embedder))


def keep_pool(folder: Path, candidate: Candidate, sources: Sources) -> None:
    """Store what *candidate* searches, for the day it is registered."""
    if candidate.retrieval is None:
        return
    path = _pool_path(folder, candidate.retrieval)
    if not path.exists():
        pool = sources.pool_of(candidate.retrieval)
        write_atomically(path, _POOL.dump_json(pool).decode())


def kept_pool(folder: Path, candidate: Candidate) -> Pool | None:
    """What *candidate* searches; ``None`` where it retrieves nothing."""
    if candidate.retrieval is None:
        return None
    return _POOL.validate_json(_pool_path(folder, candidate.retrieval).read_bytes())


def _pool_path(folder: Path, retrieval: Retrieval) -> Path:
    by = "vectors" if retrieval.embedding_model else "words"
    return folder / "pools" / f"{retrieval.pool}-{by}.json"
