"""A re-check in words: what became of the choice, and what each trigger saw."""

from __future__ import annotations

from collections.abc import Sequence

from suffice.economics.prospects import TuneDecision
from suffice.economics.today import Today
from suffice.economics.triggers import Trigger
from suffice.economics.wording import dollars, label


def tell(
    now: Today,
    triggers: Sequence[Trigger],
    tuning: TuneDecision | None,
    *,
    changed: bool,
    climb: bool,
) -> str:
    """Whether the choice stands, then a line for each trigger, in Markdown."""
    lines = [f"{now.old.name}: {_outcome(now, changed=changed, climb=climb)}", ""]
    for t in triggers:
        state = "fired" if t.fired else "quiet"
        lines.append(f"- {t.name} ({state}): {t.saw} To run again: {t.needs}.")
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
