"""
The plan: calls, tokens, dollars and minutes of every rung, before the first call.

It is the most a climb can take: every rung tried on every example, nothing stopped
early, nothing reused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from suffice.brief import Brief
from suffice.economics.planned import Pace, Plan, Planned
from suffice.economics.prices import PriceBook
from suffice.economics.rungs import tuned
from suffice.economics.wording import count, dollars
from suffice.economics.workload import FLOOR, Effort, Load, MeanTokens, Sizes, load_of
from suffice.errors import OverBudget

__all__ = [
    "NO_MODEL",
    "Effort",
    "MeanTokens",
    "Pace",
    "Plan",
    "Planned",
    "Sizes",
    "plan",
    "refuse_over_budget",
    "refuse_unknown_prices",
]

NO_MODEL = "no LLM"
"""What a plan calls the model of the floor."""


def plan(
    brief: Brief,
    split_sizes: Sizes,
    mean_tokens: MeanTokens,
    book: PriceBook,
    on: date,
    *,
    effort: Effort | None = None,
    pace: Pace | None = None,
    cpu_s_per_call: float | None = None,
    smallest_provable: float | None = None,
) -> Plan:
    """
    The plan of a climb, rung by rung in the brief's order.

    *cpu_s_per_call* prices the embedded model; without it a call is taken to keep one
    core busy for as long as it lasts.
    *smallest_provable* comes from the statistics: it is a property of the test order.
    """
    effort, pace = effort or Effort(), pace or Pace()
    cpu_s = pace.seconds_per_call if cpu_s_per_call is None else cpu_s_per_call
    at = _Rates(brief=brief, book=book, on=on, pace=pace, cpu_s_per_call=cpu_s)
    most = brief.max_output_tokens
    rows = []
    for rung in brief.rungs:
        load = load_of(rung, split_sizes, mean_tokens, effort, max_output_tokens=most)
        for model in _models(brief, rung):
            row = _planned(rung, model, load, at)
            rows.append(replace(row, smallest_provable=smallest_provable))
    return Plan(
        rows=tuple(rows), budget_usd=brief.budget_usd, assumptions=_said(effort, pace)
    )


def refuse_unknown_prices(planned: Plan, brief: Brief) -> None:
    """
    Raise ``OverBudget`` when a model's price is unknown: no budget can be held then.

    Tuned models excepted: no job is submitted where what it costs, or what its model
    costs, is unknown.
    """
    rows = [row for row in planned.rows if not row.model.startswith("ft:")]
    unknown = [row.model for row in rows if row.usd is None]
    if unknown:
        raise OverBudget(
            f"No price of {unknown[0]!r} is known, so the climb cannot be held to its "
            f"budget of {dollars(brief.budget_usd)}: add a row for it to a price file "
            "and name that file in the brief's prices."
        )


def refuse_over_budget(planned: Plan, brief: Brief) -> None:
    """
    Raise ``OverBudget`` when the plan may cost more than the brief allows.

    A plan with an unknown price may: see `refuse_unknown_prices`.
    """
    refuse_unknown_prices(planned, brief)
    if planned.usd > brief.budget_usd:
        dearest = max(planned.rows, key=lambda r: r.usd or 0.0)
        raise OverBudget(
            f"The {planned.what} may cost up to {dollars(planned.usd)} "
            f"({count(planned.n_calls)} calls), and budget_usd is "
            f"{dollars(brief.budget_usd)}; the dearest part "
            f"is {dearest.rung} on {dearest.model} with {dollars(dearest.usd)}: raise "
            "budget_usd, or take rungs or models out of the brief."
        )


def training_row(
    rung: str,
    model: str,
    trained_tokens: float,
    book: PriceBook,
    on: date,
    *,
    brief: Brief,
    pace: Pace | None = None,
) -> Planned:
    """A job of so many trained tokens alone, without a call; preparing apart."""
    load = Load(trained_tokens=trained_tokens)
    at = _Rates(brief=brief, book=book, on=on, pace=pace or Pace(), cpu_s_per_call=0.0)
    return _planned(rung, model, load, at)


def _models(brief: Brief, rung: str) -> tuple[str, ...]:
    if rung == FLOOR:
        return (NO_MODEL,)
    if tuned(rung):
        return () if brief.models.tunable is None else (f"ft:{brief.models.tunable}",)
    return brief.models.base


@dataclass(frozen=True, kw_only=True)
class _Rates:
    """What a call and a token take, in dollars and seconds."""

    brief: Brief
    book: PriceBook
    on: date
    pace: Pace
    cpu_s_per_call: float


def _planned(rung: str, model: str, load: Load, at: _Rates) -> Planned:
    return Planned(
        rung=rung,
        model=model,
        n_calls=load.n_calls,
        input_tokens=load.input_tokens,
        output_tokens=load.output_tokens,
        trained_tokens=load.trained_tokens,
        usd=_usd(model, load, at),
        seconds=_seconds(load, at.pace),
        smallest_provable=None,
    )


def _usd(model: str, load: Load, at: _Rates) -> float | None:
    if load.n_calls == 0:
        return _training_usd(model, load.trained_tokens, at)
    price = at.book.price(model, at.on)
    if price is None:
        return None
    usd = price.usd(
        input_tokens=load.input_tokens,
        output_tokens=load.output_tokens,
        cpu_s=at.cpu_s_per_call * load.n_calls,
    )
    if usd is None or not load.trained_tokens:
        return usd
    training = _training_usd(model, load.trained_tokens, at)
    return None if training is None else usd + training + at.brief.tuning.prepare_usd


def _training_usd(model: str, trained_tokens: float, at: _Rates) -> float | None:
    if not trained_tokens:
        return 0.0
    base = at.book.price(model.removeprefix("ft:"), at.on)
    if base is None:
        return None
    if base.kind != "cpu":
        return base.training_usd(trained_tokens)
    cpu_s = at.pace.training_cpu_s(trained_tokens)
    return base.usd(input_tokens=0, output_tokens=0, cpu_s=cpu_s)


def _seconds(load: Load, pace: Pace) -> float | None:
    calling = load.n_calls * pace.seconds_per_call / pace.concurrency
    if not load.trained_tokens:
        return calling
    if pace.training_tokens_per_s is None:
        return None
    return calling + load.trained_tokens / pace.training_tokens_per_s


def _said(effort: Effort, pace: Pace) -> tuple[str, ...]:
    how = "measured here" if pace.measured else "an assumption"
    return (
        f"{pace.seconds_per_call:g} s a call, {pace.concurrency} at once ({how}).",
        f"{effort.epochs} epochs of training.",
        "Every rung is tried in full; a climb stops earlier.",
    )
