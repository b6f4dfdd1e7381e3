"""
Chooses among the candidates of a rung, on dev examples only.

Successive halving: all on a few examples, the better half on twice as many, and so
on.  What the choice starts from stays in to the end, so that the winner is never
worse on dev than that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from suffice.candidates import Candidate
from suffice.economics.prices import Price
from suffice.errors import BadExamples
from suffice.examples import Example
from suffice.journal import Journal
from suffice.measuring.budget import Budget
from suffice.measuring.calls import Calls, Desk, sitting
from suffice.measuring.in_order import in_order
from suffice.measuring.models import Model
from suffice.measuring.responses import ResponseStore
from suffice.measuring.scorers import Scorer
from suffice.measuring.turn import Finds
from suffice.results import Outcome
from suffice.statistics.acceptance import chance_from_dev

_FIRST_ROUND = 8
_HOPELESS = 0.01
"""Chance to reach the bar, as dev has it, under which choosing goes no further."""
MOST_DEV = 64
"""Dev examples the last ones are compared on; more is rarely worth its price."""
_CHARS_PER_OUTPUT_TOKEN = 16
"""An output token costs about four input tokens of about four characters each."""

_CHARS_PER_RETRIEVED = 200
"""Of what is shown with one question, roughly: only equals are told apart by it."""


@dataclass(frozen=True, kw_only=True)
class Tried:
    """How one alternative did on dev, before it was dropped or won."""

    name: str
    candidate_key: str
    n: int
    n_missing: int
    quality: float | None
    """Mean score; ``None`` when nothing was scored."""


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
        """The spread, in words; empty when there is none to tell."""
        if self.spread is None:
            return ""
        return (
            f"draws of the demonstrations were up to {self.spread:.2f} apart "
            f"on {_FIRST_ROUND} dev examples"
        )


def choose(
    candidates: Sequence[Candidate],
    dev: Sequence[Example],
    *,
    model: Model,
    scorer: Scorer,
    endpoint_name: str,
    price: Price | None = None,
    store: ResponseStore | None = None,
    budget: Budget | None = None,
    journal: Journal | None = None,
    concurrency: int = 16,
    finds: Finds | None = None,
    keep_first: bool = True,
    bar: float | None = None,
) -> Choice:
    """
    The best of *candidates* on *dev*; ties go to the cheaper prompt.

    The first candidate is what the choice starts from: it stays in to the end unless
    *keep_first* is false, which saves its calls where it is just one of many.  A
    single one is chosen without a call.  Where dev says of every one left that it
    will hardly reach *bar*, it does not matter which is chosen, and no more is asked.
    For a thread without a running event loop.
    """
    if not candidates:
        raise BadExamples("there is no candidate to choose from; check the rungs")
    desk = Desk(
        model=model,
        scorer=scorer,
        endpoint_name=endpoint_name,
        store=store,
        price=price,
        budget=budget,
        concurrency=concurrency,
        finds=finds,
    )
    if len(candidates) == 1 or not dev:
        return Choice(winner=candidates[0], tried=(), spread=None)
    table = {c.key: _Row(c) for c in candidates}
    rows = list(table.values())
    kept = rows[:1] if keep_first else []
    halving = _Halving(rows=rows, always=kept, dev=dev[:MOST_DEV], bar=bar)
    return asyncio.run(_halve(halving, desk, journal or Journal()))


@dataclass(frozen=True, kw_only=True)
class _Halving:
    """The alternatives, those never dropped, and what they are compared on."""

    rows: Sequence[_Row]
    always: Sequence[_Row]
    dev: Sequence[Example]
    bar: float | None

    def hopeless(self, left: Sequence[_Row]) -> bool:
        """Whether none of those left has a chance worth another round."""
        if self.bar is None:
            return False
        return all(chance_from_dev(row.scores, self.bar) < _HOPELESS for row in left)


async def _halve(halving: _Halving, desk: Desk, journal: Journal) -> Choice:
    rows, dev = halving.rows, halving.dev
    left, n = list(rows), min(_FIRST_ROUND, len(dev))
    spread: float | None = None
    async with sitting(desk) as calls:
        while True:
            await _extend(left, dev[:n], calls, journal)
            spread = _spread(left) if len(left) == len(rows) else spread
            left.sort(key=_Row.rank)
            half = left[: max(1, len(left) // 2)]
            left = half + [row for row in halving.always if row not in half]
            if n == len(dev) or len(left) == 1 or halving.hopeless(left):
                break
            n = min(2 * n, len(dev))
    return Choice(
        winner=left[0].candidate,
        tried=tuple(r.tried() for r in sorted(rows, key=_Row.standing)),
        spread=spread,
        n_calls=calls.n_made,
        n_reused=calls.n_reused,
        spent_usd=calls.spent_usd,
    )


class _Row:
    """One alternative, and its outcomes on the first dev examples."""

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        self.outcomes: list[Outcome] = []

    @property
    def scores(self) -> list[float]:
        return [o.score for o in self.outcomes if o.score is not None]

    @property
    def quality(self) -> float | None:
        return sum(self.scores) / len(self.scores) if self.scores else None

    def rank(self) -> tuple[float, int]:
        """Better first; of equals the cheaper."""
        return (-(self.quality if self.quality is not None else -1.0), self._burden())

    def standing(self) -> tuple[int, tuple[float, int]]:
        """Those that stayed in longer first."""
        return (-len(self.outcomes), self.rank())

    def _burden(self) -> int:
        c = self.candidate
        chars = len(c.system or "") + len(c.preamble or "")
        for shown in c.demonstrations:
            chars += sum(len(str(m.get("content") or "")) for m in shown.messages)
            chars += len(shown.answer)
        if c.retrieval is not None:
            chars += _CHARS_PER_RETRIEVED * c.retrieval.k
        return chars + _CHARS_PER_OUTPUT_TOKEN * c.max_output_tokens

    def tried(self) -> Tried:
        missing = sum(o.score is None for o in self.outcomes)
        return Tried(
            name=self.candidate.name,
            candidate_key=self.candidate.key,
            n=len(self.outcomes) - missing,
            n_missing=missing,
            quality=self.quality,
        )


async def _extend(
    rows: Sequence[_Row], dev: Sequence[Example], calls: Calls, journal: Journal
) -> None:
    """Ask each candidate what it has not been asked; its own prompts together."""
    todo = [(row, e) for row in rows for e in dev[len(row.outcomes) :]]

    async def ask(item: tuple[_Row, Example]) -> tuple[_Row, Outcome]:
        row, example = item
        return row, await calls.ask(row.candidate, example)

    answers = in_order(
        ask, todo, ahead=2 * calls.desk.concurrency, on_leaving=lambda: None
    )
    done = 0
    async with aclosing(answers):
        async for row, outcome in answers:
            row.outcomes.append(outcome)
            done += 1
            if done % _FIRST_ROUND == 0 or done == len(todo):
                _tell(journal, rows, calls, done=done, total=len(todo))


def _tell(
    journal: Journal, rows: Sequence[_Row], calls: Calls, *, done: int, total: int
) -> None:
    best = max((r.quality for r in rows if r.quality is not None), default=None)
    journal.write(
        "progress",
        rung=rows[0].candidate.rung,
        name=f"choosing among {len(rows)} on dev",
        done=done,
        total=total,
        quality=best,
        usd=calls.spent_usd,
        reused=calls.n_reused,
    )


def _spread(rows: Sequence[_Row]) -> float | None:
    """Largest difference between candidates that differ in their draw alone."""
    groups: dict[tuple[object, ...], list[float]] = {}
    for row in rows:
        c = row.candidate
        if c.demonstrations and row.quality is not None:
            alike = (c.system, c.preamble, len(c.demonstrations), c.answer_rule)
            groups.setdefault(alike, []).append(row.quality)
    return max((max(g) - min(g) for g in groups.values() if len(g) > 1), default=None)
