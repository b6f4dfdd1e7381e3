"""
Measures a candidate along the frozen test order, and stops as soon as it is settled.

The calls run ahead of the statistics by what keeps the endpoint busy; the ruling
depends only on the order of the examples, never on the order of the replies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial

from suffice.candidates import Candidate
from suffice.errors import OverBudget
from suffice.examples import Example
from suffice.journal import Journal
from suffice.measuring.calls import Calls, Desk, sitting
from suffice.measuring.in_order import in_order
from suffice.measuring.paid import PaidScorer
from suffice.measuring.sheet import Sheet
from suffice.results import Measured, Outcome
from suffice.statistics.acceptance import Design, chance_from_dev, look

_UNLIKELY = 0.1
"""Chance to pass, by dev, below which no call runs ahead of the next look."""


def measure(
    candidate: Candidate,
    examples: Sequence[Example],
    *,
    desk: Desk,
    design: Design,
    journal: Journal | None = None,
) -> tuple[Measured, tuple[Outcome, ...]]:
    """
    How good *candidate* is on *examples*, asked at *desk*; its outcomes in order.

    For a thread without a running event loop.  Calls that fail are missing, not
    wrong.  Raises `SpendingStopped` when the provider answers no further call, and
    `EnvironmentFailed` when it answers none at all; a budget that runs out ends the
    measuring, inconclusive where it stands.
    """
    sheet = Sheet(candidate=candidate, examples=examples[: design.n_max], design=design)
    return asyncio.run(fill(sheet, desk, journal or Journal()))


def settled_by(
    candidate: Candidate,
    examples: Sequence[Example],
    n: int,
    *,
    design: Design,
    desk: Desk,
) -> bool:
    """
    Whether the first *n* of *examples* settle it, as `measure` would find.

    Answers that are not stored are asked for.
    """
    sheet = Sheet(candidate=candidate, examples=examples[: design.n_max], design=design)

    async def ask() -> None:
        async with sitting(desk) as calls:
            await _ask_along(sheet, calls, Journal(), n)

    asyncio.run(ask())
    return sheet.settled


async def fill(
    sheet: Sheet, desk: Desk, journal: Journal
) -> tuple[Measured, tuple[Outcome, ...]]:
    """Ask along the sheet's examples until it is settled."""
    n_damaged = desk.store.n_unreadable if desk.store else 0
    async with sitting(desk) as calls:
        await _ask_along(sheet, calls, journal, len(sheet.examples))
        calls.refuse_silence()
    if desk.store and desk.store.n_unreadable > n_damaged:
        _tell_damage(journal, sheet, desk.store.n_unreadable - n_damaged)
    if sheet.standing is None or sheet.standing.ruling is None:
        sheet.look(final=True)
    measured = replace(
        sheet.measured(desk.price),
        spent_usd=calls.spent_usd,
        n_calls=calls.n_made,
        n_reused=sum(o.completion.reused for o in sheet.outcomes if o.completion),
        judge_id=desk.scorer.id if isinstance(desk.scorer, PaidScorer) else "",
    )
    _tell(journal, sheet, calls)
    return measured, tuple(sheet.outcomes)


async def _ask_along(sheet: Sheet, calls: Calls, journal: Journal, n: int) -> None:
    """Enter the first *n* outcomes, or those that settle it."""
    answers = in_order(
        partial(calls.ask, sheet.candidate),
        sheet.examples[:n],
        ahead=_ahead(sheet.design, calls.desk.concurrency),
        on_leaving=calls.no_more,
    )
    # Its tables take a second for thousands of examples: calls go out meanwhile.
    tables = asyncio.ensure_future(asyncio.to_thread(look, (), sheet.design))
    try:
        async with aclosing(answers):
            async for outcome in answers:
                await tables
                if sheet.add(outcome):
                    _tell(journal, sheet, calls)
                if sheet.settled:
                    break
    except OverBudget as error:
        sheet.note = str(error)


def _ahead(design: Design, concurrency: int) -> int:
    """
    How many calls may be begun and not yet looked at.

    What dev says will hardly pass is likely to be settled by its first look: calls
    beyond that look would be paid for nothing.
    """
    n_dev = design.dev_right + design.dev_wrong
    if n_dev >= 1:
        scores = [design.dev_right / n_dev] * round(n_dev)
        if chance_from_dev(scores, design.bar) < _UNLIKELY:
            return design.look_every
    return max(concurrency * 5 // 4, design.look_every)


def _tell_damage(journal: Journal, sheet: Sheet, n: int) -> None:
    """What could not be read has been paid for twice: that must be seen."""
    text = f"stored answers that were damaged and asked for again: {n}"
    journal.write("note", rung=sheet.candidate.rung, text=text)


def _tell(journal: Journal, sheet: Sheet, calls: Calls) -> None:
    journal.write(
        "progress",
        rung=sheet.candidate.rung,
        name=sheet.candidate.name,
        done=len(sheet.outcomes),
        total=len(sheet.examples),
        quality=sheet.standing.quality if sheet.standing else None,
        usd=calls.spent_usd,
        reused=calls.n_reused,
    )
