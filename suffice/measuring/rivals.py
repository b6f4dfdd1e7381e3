"""Alternatives of a choice: what each has answered on dev, and which is ahead."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from suffice.candidates import Candidate
from suffice.examples import Example
from suffice.journal import Journal
from suffice.measuring.calls import Calls
from suffice.measuring.in_order import in_order
from suffice.results import Outcome

FIRST_ROUND = 8
"""Dev examples that all alternatives are asked."""
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


class Rival:
    """One alternative, and its outcomes on the first dev examples."""

    def __init__(self, candidate: Candidate) -> None:
        """Not asked anything yet."""
        self.candidate = candidate
        self.outcomes: list[Outcome] = []

    @property
    def scores(self) -> list[float]:
        """Of the examples it has an answer to, in their order."""
        return [o.score for o in self.outcomes if o.score is not None]

    @property
    def quality(self) -> float | None:
        """Mean score; ``None`` when nothing was scored."""
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
        """What the verdict keeps of it."""
        missing = sum(o.score is None for o in self.outcomes)
        return Tried(
            name=self.candidate.name,
            candidate_key=self.candidate.key,
            n=len(self.outcomes) - missing,
            n_missing=missing,
            quality=self.quality,
        )


async def extend(
    rows: Sequence[Rival], dev: Sequence[Example], calls: Calls, journal: Journal
) -> None:
    """Ask each candidate what it has not been asked; its own prompts together."""
    todo = [(row, e) for row in rows for e in dev[len(row.outcomes) :]]

    async def ask(item: tuple[Rival, Example]) -> tuple[Rival, Outcome]:
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
            if done % FIRST_ROUND == 0 or done == len(todo):
                _tell(journal, rows, calls, done=done, total=len(todo))


def _tell(
    journal: Journal, rows: Sequence[Rival], calls: Calls, *, done: int, total: int
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


def spread_of(rows: Sequence[Rival]) -> float | None:
    """Largest difference between candidates that differ in their draw alone."""
    groups: dict[tuple[object, ...], list[float]] = {}
    for row in rows:
        c = row.candidate
        if c.demonstrations and row.quality is not None:
            alike = (c.system, c.preamble, len(c.demonstrations), c.answer_rule)
            groups.setdefault(alike, []).append(row.quality)
    return max((max(g) - min(g) for g in groups.values() if len(g) > 1), default=None)
