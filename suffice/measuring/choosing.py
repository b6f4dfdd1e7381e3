"""
Chooses among the candidates of a rung, on dev examples only.

Successive halving: all on a few examples, the better half on twice as many, and so
on.  What the choice starts from stays in to the end, so that the winner is never
worse on dev than that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from suffice.candidates import Candidate
from suffice.errors import BadExamples
from suffice.examples import Example
from suffice.journal import Journal
from suffice.measuring.calls import Desk, sitting
from suffice.measuring.rivals import FIRST_ROUND, Rival, Tried, extend, spread_of
from suffice.statistics.acceptance import chance_from_dev

_HOPELESS = 0.01
"""Chance to reach the bar, as dev has it, under which choosing goes no further."""
MOST_DEV = 64
"""Dev examples the last ones are compared on; more is rarely worth its price."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The candidate a rung goes into the test with, and how it was found."""

    winner: Candidate
    tried: tuple[Tried, ...]
    """Best first."""
    spread: float | None
    """How far apart draws of the same number of demonstrations were in the first
    round; ``None`` without such draws."""
    n_calls: int = 0
    n_reused: int = 0
    spent_usd: float = 0.0
    reason: str = ""
    """Why it was chosen, where its maker says so."""

    @property
    def won(self) -> Tried | None:
        """How the winner did on dev; ``None`` when there was nothing to choose."""
        key = self.winner.key
        return next((t for t in self.tried if t.candidate_key == key), None)

    def with_calls(self, *, n: int, usd: float) -> Choice:
        """The same, where *n* of the answers that were reused had been paid for it."""
        return replace(
            self,
            n_calls=self.n_calls + n,
            n_reused=self.n_reused - n,
            spent_usd=self.spent_usd + usd,
        )

    @property
    def note(self) -> str:
        """The reason, or the spread in words; empty when there is none to tell."""
        if self.spread is None:
            return self.reason
        return (
            f"draws of the demonstrations were up to {self.spread:.2f} apart "
            f"on {FIRST_ROUND} dev examples"
        )


def choose(
    candidates: Sequence[Candidate],
    dev: Sequence[Example],
    *,
    desk: Desk,
    journal: Journal | None = None,
    keep_first: bool = True,
    bar: float | None = None,
    first_round: int = FIRST_ROUND,
) -> Choice:
    """
    The best of *candidates* on *dev*; ties go to the cheaper prompt.

    The first candidate is what the choice starts from: it stays in to the end unless
    *keep_first* is false, which saves its calls where it is just one of many.  A
    single one is chosen without a call.  Where dev says of every one left that it
    will hardly reach *bar*, it does not matter which is chosen, and no more is asked.
    All are asked the examples of the *first_round*.
    Raises `EnvironmentFailed` when the endpoint answers nothing at all.
    For a thread without a running event loop.
    """
    if not candidates:
        raise BadExamples("there is no candidate to choose from; check the rungs")
    if len(candidates) == 1 or not dev:
        return Choice(winner=candidates[0], tried=(), spread=None)
    table = {c.key: Rival(c) for c in candidates}
    rows = list(table.values())
    kept = rows[:1] if keep_first else []
    halving = _Halving(
        rows=rows, always=kept, dev=dev[:MOST_DEV], bar=bar, first_round=first_round
    )
    return asyncio.run(_halve(halving, desk, journal or Journal()))


@dataclass(frozen=True, kw_only=True)
class _Halving:
    """The alternatives, those never dropped, and what they are compared on."""

    rows: Sequence[Rival]
    always: Sequence[Rival]
    dev: Sequence[Example]
    bar: float | None
    first_round: int

    def hopeless(self, left: Sequence[Rival]) -> bool:
        """Whether none of those left has a chance worth another round."""
        if self.bar is None:
            return False
        return all(chance_from_dev(row.scores, self.bar) < _HOPELESS for row in left)


async def _halve(halving: _Halving, desk: Desk, journal: Journal) -> Choice:
    rows, dev = halving.rows, halving.dev
    left, n = list(rows), min(halving.first_round, len(dev))
    spread: float | None = None
    async with sitting(desk) as calls:
        while True:
            await extend(left, dev[:n], calls, journal)
            calls.refuse_silence()
            spread = spread_of(left) if len(left) == len(rows) else spread
            left.sort(key=Rival.rank)
            half = left[: max(1, len(left) // 2)]
            left = half + [row for row in halving.always if row not in half]
            if n == len(dev) or len(left) == 1 or halving.hopeless(left):
                break
            n = min(2 * n, len(dev))
    return Choice(
        winner=left[0].candidate,
        tried=tuple(r.tried() for r in sorted(rows, key=Rival.standing)),
        spread=spread,
        n_calls=calls.n_made,
        n_reused=calls.n_reused,
        spent_usd=calls.spent_usd,
    )
