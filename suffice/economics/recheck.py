"""
The re-check: is the last verdict still right at today's usage, prices and dates?

Four triggers are told apart: usage, price, drift and retirement.  The first two and the
last are arithmetic on what was measured and call no model.  A choice flips only for a
gain beyond the noise, so that it does not flap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from suffice.brief import Brief
from suffice.economics.choice import is_tuned
from suffice.economics.prices import PriceBook
from suffice.economics.prospects import Prospect, TuneDecision, should_tune
from suffice.economics.today import Today, Trigger
from suffice.economics.usage import UsageSummary, summarise_usage
from suffice.economics.wording import dollars, label
from suffice.results import Verdict

__all__ = ["Recheck", "Trigger", "UsageSummary", "recheck", "summarise_usage"]

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


def recheck(
    verdict: Verdict,
    *,
    brief: Brief,
    book: PriceBook,
    on: date,
    usage: UsageSummary | None = None,
    training_estimate: Prospect | None = None,
    drift: str | None = None,
    min_gain: float = MIN_GAIN,
    notice_days: int = NOTICE_DAYS,
) -> Recheck:
    """
    The verdict's arithmetic again, from its stored measurements.

    *usage* is what the log of the candidate that runs says; without it the brief's
    volume holds.  *training_estimate* lets it ask whether tuning could pay by now.
    *drift* is what a look at fresh answers found; without it drift is not observed.
    """
    now = Today(verdict, brief, book, on, usage)
    tuning = _tuning(now, training_estimate)
    triggers = (
        now.usage_trigger(),
        now.price_trigger(),
        Trigger(
            name="drift",
            fired=drift is not None,
            saw=drift or "Not observed: no fresh labelled answers were given.",
            needs="a measurement on fresh examples" if drift else "nothing",
        ),
        now.retirement_trigger(notice_days),
    )
    leaning = now.leans()
    changed = leaning and now.gains(min_gain)
    climb_needed = (
        now.nothing_left()
        or triggers[3].fired
        or triggers[2].fired
        or (tuning is not None and tuning.yes)
    )
    return Recheck(
        name=verdict.name,
        on=on,
        triggers=triggers,
        verdict=now.verdict() if changed else verdict,
        changed=changed,
        may_flip=leaning or climb_needed,
        climb_needed=climb_needed,
        text=_tell(now, triggers, tuning, changed=changed, climb=climb_needed),
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


def _tell(
    now: Today,
    triggers: Sequence[Trigger],
    tuning: TuneDecision | None,
    *,
    changed: bool,
    climb: bool,
) -> str:
    lines = [f"{now.old.name}: {_outcome(now, changed=changed, climb=climb)}", ""]
    lines += [f"- {t.name}: {t.saw}" for t in triggers]
    if tuning is not None:
        lines.append(f"- tuning: {tuning.why}")
    return "\n".join(lines)


def _outcome(now: Today, *, changed: bool, climb: bool) -> str:
    chosen = now.choice.chosen
    if changed and chosen is not None:
        cost = now.choice.ownership[chosen.candidate_key].usd_per_month
        text = f"the choice changes to {label(chosen)}, {dollars(cost)} a month."
    elif now.leans() and chosen is not None:
        text = (
            f"{label(chosen)} is cheaper by now, by less than would be worth a change; "
            "the choice stands."
        )
    else:
        text = "the choice stands."
    return text + (" Something has to be measured anew." if climb else "")
