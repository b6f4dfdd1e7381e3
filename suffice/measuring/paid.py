"""
Scorers that have to ask somebody: a judge, or an endpoint that embeds.

Pure scorers stay plain functions.  These are awaited, cost money, and may fail to
find a score: the outcome is then missing, never wrong and never right.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

from suffice.examples import Example
from suffice.measuring.matching import Score


@dataclass(frozen=True, kw_only=True)
class PaidScore:
    """What scoring one answer gave, and what that took."""

    score: Score | None
    """``None``: no score could be found."""
    reason: str = ""
    """Why there is none."""
    usd: float | None = 0.0
    """At list prices; ``None`` when a price is unknown."""
    spent_usd: float = 0.0
    """Spent now: nothing for what was stored."""


class PaidScorer(ABC):
    """
    A scorer that calls an endpoint.

    ``async with`` it around its use: it keeps connections and what waits to be stored.
    """

    @property
    @abstractmethod
    def id(self) -> str:
        """What pins it: the model and the digest of all it is told."""

    @abstractmethod
    async def score(self, answer: str, example: Example) -> PaidScore:
        """
        How good *answer* is.

        Raises `OverBudget` before a call that the budget does not bear, and
        `SpendingStopped` when no further call will be answered.
        """

    async def __aenter__(self) -> Self:
        """Open what it needs for the running event loop."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        return
