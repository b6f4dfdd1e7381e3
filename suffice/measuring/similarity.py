"""
Similarity: the cosine between the embeddings of an answer and of the wanted one.

It forgives other words for the same thing, and also many a wrong thing said in the
same words: "within 14 days" and "within 30 days" are close.
"""

from __future__ import annotations

from typing import Self

from suffice.errors import CallFailed, SpendingStopped
from suffice.examples import Example
from suffice.measuring.embedder import Embedded, Embedder
from suffice.measuring.embeddings import cosine
from suffice.measuring.matching import Score, shorten
from suffice.measuring.paid import PaidScore, PaidScorer


class SimilarityScorer(PaidScorer):
    """The best cosine with the wanted answer or a reference; below 0 counts as 0."""

    def __init__(self, embedder: Embedder) -> None:
        """*embedder* is opened and closed with the scorer."""
        self._embedder = embedder

    @property
    def id(self) -> str:
        """The embedding model."""
        return f"cosine of {self._embedder.model}"

    async def __aenter__(self) -> Self:
        """Open the embedder."""
        await self._embedder.__aenter__()
        return self

    async def __aexit__(self, *how: object) -> None:
        """Close it."""
        await self._embedder.__aexit__(*how)

    async def score(self, answer: str, example: Example) -> PaidScore:
        """Equal texts score 1 and empty ones 0, without a call."""
        good = [example.answer, *example.references]
        if any(answer.split() == text.split() for text in good):
            return PaidScore(score=Score(1.0))
        texts = [answer.strip(), *(text.strip() for text in good)]
        known = [text for text in texts[1:] if text]
        if not texts[0] or not known:
            told = f"nothing to compare {shorten(answer)} with {shorten(good[0])}"
            return PaidScore(score=Score(0.0, told))
        try:
            ours, *theirs = await self._embedder.vectors([texts[0], *known])
        except SpendingStopped:
            raise
        except CallFailed as error:
            return PaidScore(score=None, reason=f"not embedded: {error}", usd=None)
        value = max(0.0, *(cosine(ours.vector, other.vector) for other in theirs))
        return _paid(value, [ours, *theirs])


def _paid(value: float, parts: list[Embedded]) -> PaidScore:
    known = [part.usd for part in parts if part.usd is not None]
    return PaidScore(
        score=Score(value, f"cosine {value:.3f}" if value < 1 else ""),
        usd=sum(known) if len(known) == len(parts) else None,
        spent_usd=sum(part.spent_usd for part in parts),
    )
