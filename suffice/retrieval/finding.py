"""
Finds what a candidate shows with a question: the pools opened, the question embedded.

The same code runs while measuring, while training rows are built and in production.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from suffice.candidates import Found, Retrieval
from suffice.errors import UnusableInput
from suffice.examples import Example
from suffice.measuring.demonstrations import n_tokens
from suffice.retrieval.embedding import Vectoriser
from suffice.retrieval.hits import has_answer
from suffice.retrieval.pools import Pool, question_of

_TOKENS_AROUND = 8


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


@dataclass(frozen=True)
class Finder:
    """Searches pools, by their digests."""

    pools: Mapping[str, Pool]
    vectorisers: Mapping[str, Vectoriser] = field(default_factory=dict)
    """By embedding model."""

    @classmethod
    def of(
        cls, pools: Iterable[Pool | None], vectoriser: Vectoriser | None = None
    ) -> Finder:
        """A finder of these pools."""
        known = {pool.digest: pool for pool in pools if pool is not None}
        return cls(known, {vectoriser.model: vectoriser} if vectoriser else {})

    async def find(self, retrieval: Retrieval, example: Example) -> Retrieved:
        """
        What *retrieval* shows with the question of *example*.

        Raises `CallFailed` when the question cannot be embedded.
        """
        pool = self.pools.get(retrieval.pool)
        if pool is None:
            raise UnusableInput(
                f"The pool {retrieval.pool!r} that this candidate searches is not "
                "here; run the climb again."
            )
        if retrieval.by == "bm25":
            places = pool.search(example, retrieval.k, by="bm25")
            found = _shown(pool, places, retrieval)
            return Retrieved(found=found, hit=has_answer(found, example, pool))
        vectoriser = self.vectorisers[retrieval.embedding_model or ""]
        asked = await vectoriser.vectors([question_of(example.messages)])
        places = pool.search(
            example, retrieval.k, by=retrieval.by, vector=asked.vectors[0]
        )
        found = _shown(pool, places, retrieval)
        return Retrieved(
            found=found,
            hit=has_answer(found, example, pool),
            usd=asked.usd,
            spent_usd=asked.spent_usd,
            latency_s=asked.latency_s,
        )


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
