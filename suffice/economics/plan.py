"""
The plan: calls, tokens, dollars and minutes of every rung, before the first call.

It is the most a climb can take: every rung tried on every example, nothing stopped
early, nothing reused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from suffice.brief import Brief
from suffice.economics.prices import PriceBook
from suffice.economics.rungs import tuned
from suffice.economics.wording import count, dollars
from suffice.economics.workload import FLOOR, Effort, Load, MeanTokens, Sizes, load_of
from suffice.errors import OverBudget

__all__ = [
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


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast calls are answered: measured on this endpoint, or assumed."""

    seconds_per_call: float = 1.0
    concurrency: int = 16
    training_tokens_per_s: float | None = None
    measured: bool = False
    """False: these are assumptions, and the plan says so."""


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One rung with one model, at the most it can take."""

    rung: str
    model: str
    n_calls: int
    input_tokens: float
    """In all calls together, like the next."""
    output_tokens: float
    trained_tokens: float = 0.0
    usd: float | None
    """``None``: a price is unknown."""
    seconds: float | None
    """``None``: nobody knows how fast training is there."""
    smallest_provable: float | None
    """Lowest observed quality that would still prove the bar with these examples."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a climb can take at most."""

    rows: tuple[Planned, ...]
    budget_usd: float
    assumptions: tuple[str, ...] = ()

    @property
    def n_calls(self) -> int:
        """Calls of all rungs."""
        return sum(row.n_calls for row in self.rows)

    @property
    def usd(self) -> float:
        """USD of all rungs whose prices are known."""
        return sum(row.usd for row in self.rows if row.usd is not None)

    @property
    def seconds(self) -> float:
        """Seconds of all rungs whose duration is known."""
        return sum(row.seconds for row in self.rows if row.seconds is not None)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Models whose price is not known."""
        models = [row.model for row in self.rows if row.usd is None]
        return tuple(dict.fromkeys(models))


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

    Fine-tuning excepted: its price is asked again before a job is submitted.
    """
    unknown = [r.model for r in planned.rows if r.usd is None and not tuned(r.rung)]
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
            f"The climb may cost up to {dollars(planned.usd)} "
            f"({count(planned.n_calls)} calls), and budget_usd is "
            f"{dollars(brief.budget_usd)}; the dearest part "
            f"is {dearest.rung} on {dearest.model} with {dollars(dearest.usd)}: raise "
            "budget_usd, or take rungs or models out of the brief."
        )


def _models(brief: Brief, rung: str) -> tuple[str, ...]:
    if rung == FLOOR:
        return ("no LLM",)
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
        return 0.0
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
    base = at.book.price(model.removeprefix("ft:"), at.on)
    if base is None:
        return None
    if base.kind != "cpu":
        return base.training_usd(trained_tokens)
    if at.pace.training_tokens_per_s is None:
        return None
    cpu_s = trained_tokens / at.pace.training_tokens_per_s
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
