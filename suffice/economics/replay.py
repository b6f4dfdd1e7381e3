"""
Replay: what the engine would have decided on outcomes that others measured.

The measured numbers are taken for the truth and asked one question: what is the
cheapest way to be as good as the best of them, within the margin?  What a table does
not tell (tokens, prices, what training costs) is assumed, the same for every table,
and every assumption is a parameter.  No rule here knows a task, a model or a table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from suffice.economics.choice import Choice, Standard, choose, is_tuned
from suffice.economics.ownership import Terms
from suffice.economics.prices import Price, PriceBook
from suffice.economics.replay_costs import (
    Assumptions,
    input_tokens,
    output_tokens,
    price_of,
    upfront_usd,
)
from suffice.economics.replay_rows import Outcome
from suffice.economics.replayed import Replayed, named, to_markdown, why
from suffice.results import Measured

__all__ = ["Assumptions", "Replayed", "named", "replay", "to_markdown"]

BOTH = "fine-tuned-rag"


def replay(
    tasks: Mapping[str, Sequence[Outcome]],
    *,
    book: PriceBook,
    on: date,
    assumed: Assumptions | None = None,
) -> tuple[Replayed, ...]:
    """The verdict on every task of a table."""
    assumed = assumed or Assumptions()
    return tuple(
        _replay_one(task, rows, book, on, assumed) for task, rows in tasks.items()
    )


def _replay_one(
    task: str,
    rows: Sequence[Outcome],
    book: PriceBook,
    on: date,
    assumed: Assumptions,
) -> Replayed:
    assumed = _told(rows, assumed)
    bar = assumed.bar if assumed.bar is not None else max(r.quality for r in rows)
    ladder, terms = ladder_of(rows, bar, book=book, on=on, assumed=assumed)
    choice = choose(ladder, terms, _standard(ladder, bar, assumed))
    oracle = cheapest_true(ladder, choice, bar - assumed.margin)
    return Replayed(
        task=task,
        bar=bar,
        chosen=choice.chosen,
        chosen_usd=_total(choice, choice.chosen),
        oracle=oracle,
        oracle_usd=_total(choice, oracle),
        n_candidates=len(ladder),
        why=why(choice, ladder),
    )


def _told(rows: Sequence[Outcome], assumed: Assumptions) -> Assumptions:
    """The assumptions, where the table itself does not know better."""
    told: dict[str, float] = {}
    for name in ("bar", "requests_per_month", "horizon_months"):
        values = [value for row in rows if (value := getattr(row, name))]
        told |= {name: values[0]} if values else {}
    return replace(assumed, **told)


def ladder_of(
    rows: Sequence[Outcome],
    bar: float,
    *,
    book: PriceBook,
    on: date,
    assumed: Assumptions,
) -> tuple[list[Measured], Terms]:
    """A task's candidates at their measured numbers, and the prices they run at."""
    ladder, prices = [], {}
    for i, row in enumerate(rows):
        priced = price_of(row, book, on, assumed)
        key = f"{i}: {row.model}"
        if priced is not None:
            prices[key] = (priced,)
        ladder.append(
            _measured(row, key, bar=bar, number=i, price=priced, assumed=assumed)
        )
    terms = Terms(
        requests_per_month=assumed.requests_per_month,
        horizon_months=assumed.horizon_months,
        on=on,
        book=PriceBook(layers=(prices,)),
    )
    return ladder, terms


def _standard(ladder: Sequence[Measured], bar: float, assumed: Assumptions) -> Standard:
    """A tuned model is shown as good where it measured no worse than any prompt."""
    passed = [m for m in ladder if m.ruling == "passed"]
    best = max((m.quality for m in passed if not is_tuned(m)), default=0.0)
    either = max((m.quality for m in passed if m.rung != BOTH), default=0.0)
    # Retrieval and tuning together must beat what either does alone.
    shown = {
        m.candidate_key: m.quality > either if m.rung == BOTH else m.quality >= best
        for m in ladder
        if is_tuned(m)
    }
    return Standard(
        bar=bar, measured_bar=bar, margin=assumed.margin, non_inferior=shown
    )


def _measured(
    row: Outcome,
    key: str,
    *,
    bar: float,
    number: int,
    price: Price | None,
    assumed: Assumptions,
) -> Measured:
    n = round(row.n or 0)
    return Measured(
        rung=row.rung,
        name=row.model,
        model=key,
        candidate_key=f"{number}",
        ruling="passed" if row.quality >= bar - assumed.margin else "failed",
        n=n,
        n_available=n,
        quality=row.quality,
        quality_low=row.quality,
        quality_high=row.quality,
        usd_per_request=row.usd_per_request,
        input_tokens=input_tokens(row, assumed),
        output_tokens=output_tokens(row, assumed),
        upfront_usd=upfront_usd(row, price, assumed),
    )


def cheapest_true(ladder: Sequence[Measured], choice: Choice, edge: float) -> Measured:
    """What an oracle runs that knows every number; the best where nothing reaches."""
    good = [m for m in ladder if m.quality >= edge]
    if not good:
        return max(ladder, key=lambda m: m.quality)
    return min(good, key=lambda m: _or_infinite(_total(choice, m)))


def _total(choice: Choice, measured: Measured | None) -> float | None:
    if measured is None:
        return None
    return choice.ownership[measured.candidate_key].total_usd


def _or_infinite(usd: float | None) -> float:
    return float("inf") if usd is None else usd
