"""Asks a candidate all of some examples: no ruling, no stopping but for the money."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from suffice.candidates import Candidate
from suffice.errors import OverBudget
from suffice.examples import Example
from suffice.measuring.calls import Desk, sitting
from suffice.measuring.in_order import in_order
from suffice.results import Outcome


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What came back, in the order of the examples."""

    outcomes: tuple[Outcome, ...]
    """Fewer than the examples where the budget ran out."""
    spent_usd: float
    n_calls: int


def ask_all(candidate: Candidate, examples: Sequence[Example], desk: Desk) -> Asked:
    """
    Every answer, scored; missing where a call failed.

    For a thread without a running event loop.  Stops where the budget does; raises
    `SpendingStopped` when the provider answers no further call.
    """
    return asyncio.run(_ask_all(candidate, examples, desk))


async def _ask_all(
    candidate: Candidate, examples: Sequence[Example], desk: Desk
) -> Asked:
    outcomes: list[Outcome] = []
    async with sitting(desk) as calls:
        answers = in_order(
            partial(calls.ask, candidate),
            examples,
            ahead=desk.concurrency,
            on_leaving=calls.no_more,
        )
        try:
            async with aclosing(answers):
                async for outcome in answers:
                    outcomes.append(outcome)
        except OverBudget:
            # What has come back was in order: nothing of it depends on what is left.
            calls.no_more()
    return Asked(
        outcomes=tuple(outcomes), spent_usd=calls.spent_usd, n_calls=calls.n_made
    )
