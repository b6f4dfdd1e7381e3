"""Several scorers as one: the mean of their scores by their weights."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Self

from suffice.examples import Example
from suffice.measuring.matching import Score
from suffice.measuring.paid import PaidScore, PaidScorer
from suffice.measuring.scorers import Pure, Scorer


@dataclass(frozen=True, kw_only=True)
class Weighted:
    """One of the scorers."""

    name: str
    scorer: Scorer
    weight: float


def combined(parts: Sequence[Weighted]) -> Scorer:
    """
    Their weighted mean, the reasons kept for each of them.

    A function when all of them are; else one that must be paid, which asks all of
    them, and is missing when one of them is.
    """
    if len(parts) == 1:
        return parts[0].scorer
    pure: list[Pure] = []
    for part in parts:
        if isinstance(part.scorer, PaidScorer):
            return _WithPaid(parts)
        pure.append(part.scorer)

    def scored(answer: str, example: Example) -> Score:
        return _mean(parts, [scorer(answer, example) for scorer in pure])

    return scored


def _mean(parts: Sequence[Weighted], scores: Sequence[Score]) -> Score:
    pairs = list(zip(parts, scores, strict=True))
    if all(score.value == 1 for score in scores):
        return Score(1.0)
    total = sum(part.weight for part in parts)
    value = sum(part.weight * score.value for part, score in pairs) / total
    reasons = [
        f"{part.name} {score.value:.2g}: {score.reason}"
        for part, score in pairs
        if score.value < 1
    ]
    # Sums of fractions may come out a rounding above 1.
    return Score(min(value, 1.0), "; ".join(reasons))


class _WithPaid(PaidScorer):
    def __init__(self, parts: Sequence[Weighted]) -> None:
        self._parts = parts
        self._open = AsyncExitStack()

    @property
    def id(self) -> str:
        """Those of the parts that must be paid."""
        paid = (p.scorer for p in self._parts if isinstance(p.scorer, PaidScorer))
        return ", ".join(scorer.id for scorer in paid)

    async def score(self, answer: str, example: Example) -> PaidScore:
        """All parts, one after the other; what they cost is added up."""
        scores: list[Score] = []
        usd: float | None = 0.0
        spent_usd, lost = 0.0, ""
        for part in self._parts:
            if not isinstance(part.scorer, PaidScorer):
                scores.append(part.scorer(answer, example))
                continue
            paid = await part.scorer.score(answer, example)
            spent_usd += paid.spent_usd
            usd = None if usd is None or paid.usd is None else usd + paid.usd
            if paid.score is None:
                lost = f"{part.name}: {paid.reason}"
                break
            scores.append(paid.score)
        return PaidScore(
            score=None if lost else _mean(self._parts, scores),
            reason=lost,
            usd=usd,
            spent_usd=spent_usd,
        )

    async def __aenter__(self) -> Self:
        """Open the parts."""
        self._open = AsyncExitStack()
        for part in self._parts:
            if isinstance(part.scorer, PaidScorer):
                await self._open.enter_async_context(part.scorer)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the parts."""
        await self._open.aclose()
