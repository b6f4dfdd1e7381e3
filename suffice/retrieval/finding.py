"""
Finds what a candidate shows with a question: the pools opened, the question embedded.

The same code runs while measuring, while training rows are built and in production.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from suffice.candidates import Found, Retrieval
from suffice.errors import EnvironmentFailed
from suffice.examples import Example
from suffice.measuring.demonstrations import n_tokens
from suffice.measuring.embedder import Embedded, Embedder
from suffice.retrieval.hits import has_answer
from suffice.retrieval.pools import Pool, question_of
from suffice.retrieval.vectors import pack

_TOKENS_AROUND = 8
_MOST_CHARS = 16_000


@dataclass(frozen=True, kw_only=True)
class Retrieved:
    """What was found for one question, how well, and what finding it took."""

    found: Found
    hit: bool | None
    """Whether the wanted answer is in it; ``None`` where that cannot be said."""
    usd: float | None = 0.0
    """Of embedding the question, at list prices."""
    spent_usd: float = 0.0
    latency_s: float = 0.0
    """Of embedding the question."""


class Finder:
    """Searches pools, by their digests; ``async with`` it, for its connections."""

    def __init__(
        self, pools: Iterable[Pool | None], embedder: Embedder | None = None
    ) -> None:
        """*embedder* embeds the questions, where a pool has vectors."""
        self._pools = {pool.digest: pool for pool in pools if pool is not None}
        self._embedder = embedder

    async def __aenter__(self) -> Self:
        """Open the embedder's connections."""
        if self._embedder is not None:
            await self._embedder.__aenter__()
        return self

    async def __aexit__(self, *how: object) -> None:
        """Close them."""
        if self._embedder is not None:
            await self._embedder.__aexit__(*how)

    async def find(self, retrieval: Retrieval, example: Example) -> Retrieved:
        """
        What *retrieval* shows with the question of *example*.

        Raises `CallFailed` when the question cannot be embedded.
        """
        pool = self._pools.get(retrieval.pool)
        if pool is None:
            raise EnvironmentFailed(
                f"The pool {retrieval.pool!r} that this candidate searches is not "
                "here; run the climb again."
            )
        asked = await self._embedded(retrieval, example)
        places = pool.search(
            example,
            retrieval.k,
            by=retrieval.by,
            vector=asked.vector if asked else None,
        )
        found = _shown(pool, places, retrieval)
        hit = has_answer(found, example, pool)
        if asked is None:
            return Retrieved(found=found, hit=hit)
        return Retrieved(
            found=found,
            hit=hit,
            usd=asked.usd,
            spent_usd=asked.spent_usd,
            latency_s=asked.latency_s,
        )

    async def _embedded(
        self, retrieval: Retrieval, example: Example
    ) -> Embedded | None:
        if retrieval.by == "bm25":
            return None
        if self._embedder is None or self._embedder.model != retrieval.embedding_model:
            raise EnvironmentFailed(
                f"The pool {retrieval.pool!r} is searched by vectors of "
                f"{retrieval.embedding_model!r}, and nothing here embeds by it."
            )
        return (await self._embedder.vectors([embeddable(example)]))[0]


async def with_vectors(pool: Pool, embedder: Embedder) -> Pool:
    """*pool* with the vectors of its texts. Raises `CallFailed`."""
    import numpy as np

    async with embedder:
        found = await embedder.vectors([_cut(text) for text in pool.texts])
    vectors = np.stack([one.vector for one in found])
    return replace(pool, embedding_model=embedder.model, vectors=pack(vectors))


def embeddable(example: Example) -> str:
    """The question as it is embedded."""
    return _cut(question_of(example.messages))


def _cut(text: str) -> str:
    """Endpoints refuse empty texts, and those of more than about 8,000 tokens."""
    return text[:_MOST_CHARS] if text.strip() else "-"


def _shown(pool: Pool, places: list[int], retrieval: Retrieval) -> Found:
    """The nearest that fit, in the order in which they are shown."""
    fitting, room = [], retrieval.room_tokens
    for place in places:
        room -= n_tokens(pool.chars[place]) + _TOKENS_AROUND
        if room < 0:
            break
        fitting.append(place)
    if retrieval.order == "nearest-last":
        fitting.reverse()
    if retrieval.what == "examples":
        return Found(demonstrations=tuple(pool.demonstrations[i] for i in fitting))
    return Found(passages=tuple(pool.chunks[i].shown for i in fitting))
