"""
The re-check: is the last verdict still right at today's usage, prices and dates?

Four triggers are told apart: usage, price, drift and retirement.  The first two and the
last are arithmetic on what was measured and call no model.  A choice flips only for a
gain beyond the noise, so that it does not flap.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from suffice.brief import Brief
from suffice.economics.choice import TUNED, is_tuned
from suffice.economics.drift import DriftSeen
from suffice.economics.newcomers import newcomers, told
from suffice.economics.prices import PriceBook
from suffice.economics.prospects import Prospect, TuneDecision, should_tune
from suffice.economics.recheck_words import tell
from suffice.economics.today import Today, today_of
from suffice.economics.triggers import Again, CostOf, Trigger, joined, priced
from suffice.economics.usage import UsageSummary
from suffice.economics.wording import count, digits, dollars, label
from suffice.results import Verdict

__all__ = ["Again", "Recheck", "Trigger", "UsageSummary", "recheck"]

MIN_GAIN = 0.10
"""Share of the cost that a flip must save."""
NOTICE_DAYS = 60
"""Days before a model is switched off at which its successor is looked for."""


@dataclass(frozen=True, kw_only=True)
class Recheck:
    """What a re-check found."""

    name: str
    """The brief's name."""
    on: date
    triggers: tuple[Trigger, ...]
    verdict: Verdict
    """The verdict as of today; the old one where nothing changed."""
    changed: bool
    """Another candidate, already measured, is to be run."""
    may_flip: bool
    """The arithmetic leans another way, if only by less than the least gain."""
    climb_needed: bool
    """Something that has not been measured could be better, or must be found."""
    text: str
    again: Again | None = None
    """What is to be run for that, or to put the new choice into service."""


def recheck(
    verdict: Verdict,
    *,
    brief: Brief,
    book: PriceBook,
    on: date,
    usage: UsageSummary | None = None,
    training_estimate: Prospect | None = None,
    drift: DriftSeen | None = None,
    min_gain: float = MIN_GAIN,
    notice_days: int = NOTICE_DAYS,
    cost_of: CostOf = lambda again: None,
    book_then: PriceBook | None = None,
) -> Recheck:
    """
    The verdict's arithmetic again, from its stored measurements.

    *usage* is what was counted of the candidate that runs; without it the brief's
    volume holds.  *training_estimate* lets it ask whether tuning could pay by now.
    *drift* is what a look at fresh questions found; without it drift is not observed.
    *cost_of* says what a part of a climb would cost at most.  *book_then* holds the
    prices of the old verdict, where they were kept.
    """
    now = today_of(verdict, brief, book, on, usage, book_then=book_then)
    tuning = _tuning(now, training_estimate)
    retirement, successor = _retirement(now, notice_days, cost_of)
    drifted, anew = _drift(now, drift, notice_days, cost_of)
    triggers = (_usage(now), _price(now, min_gain), drifted, retirement)
    leaning = now.leans()
    changed = leaning and now.gains(min_gain)
    parts = [part for part in (anew, successor) if part is not None]
    parts += _also(now, tuning, notice_days, anyway=successor is not None)
    climb_needed = bool(parts)
    if changed and now.choice.chosen is not None:
        parts.append(_into_service(now))
    again = joined([p for p in parts if p.models], brief, cost_of)
    return Recheck(
        name=verdict.name,
        on=on,
        triggers=triggers,
        verdict=now.verdict() if changed else verdict,
        changed=changed,
        may_flip=leaning or climb_needed,
        climb_needed=climb_needed,
        text=tell(now, triggers, tuning, changed=changed, climb=climb_needed),
        again=again,
    )


def _also(
    now: Today, tuning: TuneDecision | None, notice_days: int, *, anyway: bool
) -> list[Again]:
    """A tuned model that could pay, and all rungs where nothing acceptable is left."""
    found = []
    if tuning is not None and tuning.yes and now.champion is not None:
        found.append(_tuned(now, tuning))
    if now.nothing_left() and not anyway:
        found.append(_anything(now, notice_days, "Nothing acceptable is left."))
    return found


def _usage(now: Today) -> Trigger:
    before, volume = now.old.requests_per_month, now.terms.requests_per_month
    saw = f"{count(volume)} requests a month ({count(before)} at the verdict)"
    if now.usage is None:
        saw += ", by the brief: no usage was read"
    else:
        saw += f", over {digits(now.usage.days)} days"
        if now.usage.input_tokens is not None and now.usage.output_tokens is not None:
            saw += (
                f"; {digits(now.usage.input_tokens)} tokens in and "
                f"{digits(now.usage.output_tokens)} out each since {now.old.decided_on}"
            )
        if now.usage.cached_tokens is not None:
            saw += f"; {digits(now.usage.cached_tokens)} of those in were cached"
    return Trigger(name="usage", fired=now.flips_by_usage(), saw=saw + ".")


def _price(now: Today, min_gain: float) -> Trigger:
    moved = now.moved_prices()
    saw = f"No price changed between {now.old.prices_on} and {now.on}."
    if moved:
        saw = f"Other prices since {now.old.prices_on} for {', '.join(moved)}."
    saw += told(newcomers(now, min_gain))
    return Trigger(name="price", fired=bool(moved) and now.flips_by_price(), saw=saw)


def _drift(
    now: Today, drift: DriftSeen | None, notice_days: int, cost_of: CostOf
) -> tuple[Trigger, Again | None]:
    if drift is None:
        saw = "Not observed: no fresh questions were given (recheck.fresh)."
        return Trigger(name="drift", fired=False, saw=saw), None
    looked = f"nothing; this look cost {dollars(drift.spent_usd)}"
    if not drift.fired:
        return Trigger(name="drift", fired=False, saw=drift.saw, needs=looked), None
    why = "The questions or the answers are not what was tested."
    again = priced(_anything(now, notice_days, why, on_fresh=True), cost_of)
    return Trigger(name="drift", fired=True, saw=drift.saw, needs=again.told()), again


def _retirement(
    now: Today, notice_days: int, cost_of: CostOf
) -> tuple[Trigger, Again | None]:
    day = now.book.shutdown(now.champion.model) if now.champion else None
    if day is None:
        saw = "No shutdown date is known."
        return Trigger(name="retirement", fired=False, saw=saw), None
    left = (day - now.on).days
    saw = f"The model that runs is switched off on {day}, in {left} days."
    if left <= 0:
        saw = f"The model that runs was switched off on {day}."
    if left > notice_days:
        return Trigger(name="retirement", fired=False, saw=saw, day=day), None
    why = f"The model that runs is switched off on {day}."
    again = priced(_anything(now, notice_days, why), cost_of)
    needs = again.told()
    if not again.models:
        needs = "another model: name one in models.base that outlives the notice"
    fired = Trigger(name="retirement", fired=True, saw=saw, needs=needs, day=day)
    return fired, again


def _anything(
    now: Today, notice_days: int, why: str, *, on_fresh: bool = False
) -> Again:
    """Every rung, on the models that will live."""
    return Again(
        rungs=tuple(now.brief.rungs),
        models=now.alive(notice_days),
        why=why,
        on_fresh=on_fresh,
    )


def _tuned(now: Today, tuning: TuneDecision) -> Again:
    """The incumbent, whose answers are stored, and the tuned model beside it."""
    assert now.champion is not None
    return Again(
        rungs=(now.champion.rung, TUNED), models=(now.champion.model,), why=tuning.why
    )


def _into_service(now: Today) -> Again:
    """The new choice and the old one: their answers are stored."""
    chosen = now.choice.chosen
    assert chosen is not None
    both = [chosen, *([now.champion] if now.champion else [])]
    models = {m.model for m in both} & set(now.brief.models.base)
    return Again(
        rungs=tuple(m.rung for m in both),
        models=tuple(models) or now.brief.models.base[:1],
        why=f"{label(chosen)} takes over.",
    )


def _tuning(now: Today, training_estimate: Prospect | None) -> TuneDecision | None:
    if training_estimate is None or any(is_tuned(m) for m in now.ladder):
        return None
    return should_tune(
        now.ladder,
        brief=now.brief,
        book=now.book,
        on=now.on,
        training_estimate=training_estimate,
    )
