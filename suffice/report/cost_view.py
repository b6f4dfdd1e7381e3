"""From the economics of a stored verdict to what the report shows of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from suffice.brief import Brief
from suffice.economics.curves import Curve, break_even_month, cumulative_costs
from suffice.economics.prices import PriceBook
from suffice.economics.sensitivity import Sensitivity, tornado
from suffice.economics.wording import digits, dollars, label
from suffice.report.money import CostCurve, Costs, TornadoBar
from suffice.report.svg import LINES
from suffice.results import Band, Measured, Verdict

_MOST_BARS = 10
_NAMES = {
    "requests_per_month": "requests a month",
    "question_tokens": "length of questions",
    "answer_tokens": "length of answers",
    "horizon_months": "horizon, months",
    "cpu_usd_per_hour": "price of a CPU hour",
}


@dataclass(frozen=True, kw_only=True)
class Chance:
    """One candidate over many possible years, in words."""

    label: str
    chosen: bool
    total: str
    per_thousand_right: str
    p_good_enough: float
    p_cheapest: float


def costs_of(verdict: Verdict, brief: Brief, book: PriceBook) -> Costs | None:
    """Curves and bars of a verdict; ``None`` where no price is known."""
    curves = cumulative_costs(verdict, brief, book)
    shown = _shown(verdict, curves)
    bars = tornado(verdict, brief, book)
    if not shown and not bars:
        return None
    sentence, month = _break_even(verdict, shown)
    return Costs(
        curves=tuple(
            CostCurve(
                label=curve.label,
                months=curve.months,
                low_usd=curve.low,
                usd=curve.middle,
                high_usd=curve.high,
            )
            for curve in shown
        ),
        bars=tuple(_bar(one, verdict) for one in bars[:_MOST_BARS]),
        total_usd=(bars[0].usd_now or 0.0) if bars else 0.0,
        band="nine possible years in ten, from the spreads that the brief assumes for "
        "volume, tokens and prices",
        break_even=sentence,
        break_even_month=month,
    )


def _shown(verdict: Verdict, curves: Sequence[Curve]) -> list[Curve]:
    """Those that passed, the chosen one first, then the cheapest."""
    passed = {m.candidate_key for m in verdict.ladder if m.ruling == "passed"}
    found = [c for c in curves if c.candidate_key in passed | {verdict.chosen}]
    found.sort(key=lambda c: (c.candidate_key != verdict.chosen, c.middle[-1]))
    return found[: len(LINES)]


def _break_even(verdict: Verdict, curves: Sequence[Curve]) -> tuple[str, float | None]:
    """When what had to be paid for first has cost no more than what had not."""
    upfront = {m.candidate_key: m.upfront_usd or 0.0 for m in verdict.ladder}
    paid = [c for c in curves if upfront[c.candidate_key] > 0]
    free = [c for c in curves if upfront[c.candidate_key] == 0]
    if not paid or not free:
        return "", None
    now, then = free[0], paid[0]
    month = break_even_month(now, then)
    if month is None:
        return (
            f"{then.label} never comes to cost less than {now.label} within "
            f"{verdict.horizon_months:g} months.",
            None,
        )
    return f"From month {month:.1f} {then.label} has cost less than {now.label}.", month


def likelihoods(verdict: Verdict) -> tuple[Chance, ...]:
    """How often each candidate is good enough, and the cheapest of those."""
    names = {m.candidate_key: label(m) for m in verdict.ladder}
    return tuple(
        Chance(
            label=names.get(one.candidate_key, one.candidate_key),
            chosen=one.candidate_key == verdict.chosen,
            total=_band(one.total_usd),
            per_thousand_right=_band(one.usd_per_correct, 1000),
            p_good_enough=one.p_good_enough,
            p_cheapest=one.p_cheapest,
        )
        for one in verdict.outlook
    )


def payback_of(verdict: Verdict) -> str:
    """The payback of tuning as a range, *never* included; empty where none is known."""
    found = verdict.payback
    if found is None:
        return ""
    ends = [
        "never" if v is None else f"{v:.1f}"
        for v in (found.months.low, found.months.middle, found.months.high)
    ]
    return (
        f"Tuning pays back in {ends[1]} months ({ends[0]} to {ends[2]}; never in "
        f"{100 * found.p_never:.0f} % of the possible years)."
    )


def _band(band: Band, scale: float = 1.0) -> str:
    low, middle, high = (
        "never" if v is None else dollars(scale * v)
        for v in (band.low, band.middle, band.high)
    )
    return f"{middle} ({low} to {high})"


def _bar(one: Sensitivity, verdict: Verdict) -> TornadoBar:
    return TornadoBar(
        label=_label(one.input),
        low_value=_value(one.input, one.low),
        high_value=_value(one.input, one.high),
        low_usd=one.usd_low,
        high_usd=one.usd_high,
        flips=_flips(one, verdict),
        changes=one.flips,
    )


def _label(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    model, dot, short = name.rpartition(".")
    model = ":".join(model.rpartition("/")[2].split(":")[:2])
    return f"{short.replace('_', ' ')} of {model}" if dot else name


def _value(name: str, value: float) -> str:
    if name == "requests_per_month":
        return digits(value)
    if name.endswith("_tokens"):
        return f"{100 * value:.0f} %"
    if name.endswith("cached_share"):
        return f"{100 * value:.0f} %"
    if name in ("bar", "horizon_months"):
        return digits(value)
    return dollars(value)


def _flips(one: Sensitivity, verdict: Verdict) -> str:
    names = {m.candidate_key: m for m in verdict.ladder}
    said = []
    for end, to in (("low", one.to_low), ("high", one.to_high)):
        if to is not None:
            said.append(f"{end}: {_instead(names.get(to))}")
    return "; ".join(said) or "stands at both ends"


def _instead(other: Measured | None) -> str:
    return "nothing suffices" if other is None else f"{label(other)} takes over"
