"""
Prospects: candidates nobody has measured yet, at the least they could cost.

They answer whether going on can pay at all.  A prospect is given the benefit of the
doubt on quality, and never on cost that is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from suffice.brief import Brief
from suffice.economics.choice import Standard, choose, is_tuned
from suffice.economics.ownership import Terms, own, terms_of
from suffice.economics.prices import PriceBook
from suffice.economics.wording import dollars, label, months
from suffice.ladder import TUNED_RUNGS
from suffice.results import Measured

_STEPS = 160
_FACTOR = 1.08


@dataclass(frozen=True, kw_only=True)
class Prospect:
    """A candidate that could be measured next."""

    rung: str
    model: str
    """Model that would answer; a tuned one as ``ft:BASE``."""
    static_tokens: float = 0.0
    """Part of its prompt that is the same in every request, in tokens."""
    input_tokens: float = 0.0
    """Mean prompt, the static part included; 0: as the candidate it is compared with,
    with its own static part."""
    output_tokens: float = 0.0
    """Mean answer; 0: as the candidate it is compared with."""
    cpu_s: float | None = None
    """Mean CPU-seconds on the embedded server; ``None``: in proportion to the tokens of
    the candidate it is compared with."""
    upfront_usd: float | None = 0.0
    """Training, preparation, evaluation; ``None`` when a price is unknown."""
    usd_per_request: float | None = None
    """Unused where the price book knows the model."""
    judge_usd_per_example: float | None = None
    """What judging one answer costs; taken from what it is compared with."""


@dataclass(frozen=True, kw_only=True)
class TuneDecision:
    """Whether to fine-tune, and why."""

    yes: bool
    motive: Literal["quality", "cost", "none"]
    why: str
    from_requests_per_month: float | None = None
    """Volume from which tuning could pay, where it cannot now but would."""


def should_tune(
    measured_so_far: Sequence[Measured],
    *,
    brief: Brief,
    book: PriceBook,
    on: date,
    training_estimate: Prospect,
) -> TuneDecision:
    """
    Whether fine-tuning is worth trying now.

    For quality when nothing passed; for cost when a tuned, shorter prompt could repay
    its upfront cost before the horizon ends and before its base is switched off.
    """
    refusal = _refusal(brief, book, on, training_estimate.model)
    if refusal is not None:
        return TuneDecision(yes=False, motive="none", why=refusal)
    terms, standard = circumstances(brief, book, on)
    incumbent = choose(_prompted(measured_so_far), terms, standard).chosen
    if incumbent is None:
        why = "No prompt has been proved good enough, so a tuned model is tried."
        return TuneDecision(yes=True, motive="quality", why=why)
    decision = _for_cost(incumbent, training_estimate, terms)
    if decision.yes or training_estimate.upfront_usd is None:
        return decision
    return replace(
        decision,
        from_requests_per_month=_volume(incumbent, training_estimate, terms),
    )


def enough(
    measured_so_far: Sequence[Measured],
    *,
    brief: Brief,
    book: PriceBook,
    on: date,
    later: Sequence[Prospect] = (),
) -> bool:
    """
    Whether a rung has passed and none of the *later* ones could be cheaper to own.

    A prospect whose price is unknown is not waited for.
    """
    terms, standard = circumstances(brief, book, on)
    choice = choose(measured_so_far, terms, standard)
    if choice.chosen is None:
        return False
    best = choice.ownership[choice.chosen.candidate_key].total_usd
    if best is None:
        return True
    totals = [own(like(p, choice.chosen), terms).total_usd for p in later]
    return all(total is None or total >= best for total in totals)


def circumstances(brief: Brief, book: PriceBook, on: date) -> tuple[Terms, Standard]:
    """What the brief says about volume, horizon and quality."""
    terms = terms_of(brief, book, on)
    return terms, Standard(
        bar=brief.bar,
        measured_bar=brief.bar,
        margin=brief.margin,
        max_latency_s=brief.max_latency_s,
    )


def like(prospect: Prospect, seen: Measured) -> Prospect:
    """The prospect with what it leaves open taken from a measured candidate."""
    variable = max(0.0, seen.input_tokens - seen.static_tokens)
    read = prospect.input_tokens or variable + prospect.static_tokens
    written = prospect.output_tokens or seen.output_tokens
    cpu_s = prospect.cpu_s
    if cpu_s is None and seen.cpu_s is not None:
        tokens = seen.input_tokens + seen.output_tokens
        cpu_s = seen.cpu_s * (read + written) / tokens if tokens else seen.cpu_s
    return replace(
        prospect,
        input_tokens=read,
        output_tokens=written,
        cpu_s=cpu_s,
        judge_usd_per_example=seen.judge_usd_per_example,
    )


def _refusal(brief: Brief, book: PriceBook, on: date, model: str) -> str | None:
    base = model.removeprefix("ft:")
    if brief.models.tunable is None or not set(TUNED_RUNGS) & set(brief.rungs):
        return "The brief rules fine-tuning out."
    gone = book.shutdown(model) or book.shutdown(base)
    if gone is not None and gone <= on:
        return f"{base} was switched off on {gone}; nothing can be tuned on it."
    price = book.price(base, on)
    until = price.trainable_until if price else None
    if until is not None and until < on:
        return f"New training jobs on {base} ended with {until}."
    return None


def _for_cost(incumbent: Measured, prospect: Prospect, terms: Terms) -> TuneDecision:
    tuned = like(prospect, incumbent)
    now, then = own(incumbent, terms), own(tuned, terms)
    who = label(incumbent)
    if now.usd_per_month is None or then.usd_per_month is None:
        why = f"{who} passed, and a price is unknown, so a saving cannot be shown."
        return TuneDecision(yes=False, motive="none", why=why)
    if then.upfront_usd is None:
        why = f"{who} passed, and the price of training {prospect.model} is unknown."
        return TuneDecision(yes=False, motive="none", why=why)
    saved = now.usd_per_month - then.usd_per_month
    if saved <= 0:
        why = (
            f"{who} passed at {dollars(now.usd_per_month)} a month; tuned it would "
            f"cost {dollars(then.usd_per_month)}, so tuning never pays."
        )
        return TuneDecision(yes=False, motive="none", why=why)
    payback, left = then.upfront_usd / saved, then.life_months
    limit = min(left, terms.horizon_months)
    end = "its base is switched off" if left < terms.horizon_months else "the horizon"
    pays = payback < limit
    why = (
        f"{who} passed; tuning would save {dollars(saved)} a month and repay its "
        f"{dollars(then.upfront_usd)} in {months(payback)}, "
        f"{'before' if pays else 'after'} {end} ({months(limit)})."
    )
    return TuneDecision(yes=pays, motive="cost" if pays else "none", why=why)


def _volume(incumbent: Measured, prospect: Prospect, terms: Terms) -> float | None:
    """Least volume from which tuning could pay; ``None``: at none within reach."""

    def pays(volume: float) -> bool:
        under = replace(terms, requests_per_month=volume)
        return _for_cost(incumbent, prospect, under).yes

    low = terms.requests_per_month
    for _ in range(_STEPS):
        high = low * _FACTOR
        if pays(high):
            break
        low = high
    else:
        return None
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (low, middle) if pays(middle) else (middle, high)
    return high


def _prompted(measured: Sequence[Measured]) -> list[Measured]:
    return [m for m in measured if not is_tuned(m)]
