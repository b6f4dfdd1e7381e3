"""
A person's approval of a climb, kept beside it.

An approval holds for this climb and for plans up to what was approved, so that a run
that was interrupted does not ask again.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

from suffice.economics.approval import Answer, asking, with_budget
from suffice.economics.plan import Plan, refuse_over_budget
from suffice.economics.wording import count, dollars
from suffice.errors import NotApproved
from suffice.files import write_atomically
from suffice.stages.climb import Climb

_STOPS = {"climb": "; a climb stops as soon as something is proved good enough."}


def given(climb: Climb, planned: Plan) -> Answer | None:
    """
    What needs nobody's answer any more: small enough, or approved before.

    Raises `OverBudget` when what was approved then is not enough now.
    """
    if asking(planned, climb.brief) is None:
        return Answer(approve=True)
    if not _kept(climb).exists():
        return None
    kept = json.loads(_kept(climb).read_text())
    if planned.usd > kept["usd"]:
        return None
    return Answer(approve=True, budget_usd=kept["budget_usd"], note=kept["note"])


def approved(climb: Climb, planned: Plan, answer: Answer) -> Climb:
    """
    The climb as it may go on, with the budget that was granted; remembered.

    Raises `OverBudget` when the plan exceeds that budget.
    """
    brief = with_budget(planned, climb.brief, answer)
    if asking(planned, climb.brief) is not None:
        kept = {
            "usd": planned.usd,
            "budget_usd": answer.budget_usd,
            "note": answer.note,
            "at": time.time(),
        }
        write_atomically(_kept(climb), json.dumps(kept))
    return replace(climb, brief=brief)


def refuse_unasked(climb: Climb, planned: Plan) -> None:
    """Say what to do where nobody can be asked; raises `NotApproved`."""
    refuse_over_budget(planned, climb.brief)
    command = "climb" if planned.what == "climb" else "tune"
    raise NotApproved(
        f"{asking(planned, climb.brief)} Run suffice {command} in a terminal, or with "
        "--yes. Nothing was spent."
    )


def told_refused(climb: Climb, planned: Plan, answer: Answer) -> str:
    """What is said of a climb, or of a training alone, that a person has refused."""
    why = f": {answer.note}" if answer.note else ""
    return f"The {planned.what} of {climb.id} was refused{why}. Nothing was spent."


def question(climb: Climb, planned: Plan) -> str:
    """What is asked, and the plan behind it, as Markdown."""
    rows = [
        f"| {row.rung} | {row.model} | {count(row.n_calls)} | {dollars(row.usd)} |"
        for row in planned.rows
    ]
    return "\n".join(
        [
            f"**{climb.brief.name}**",
            "",
            str(asking(planned, climb.brief)),
            "",
            "Nothing has been spent. This is the most it can take"
            + _STOPS.get(planned.what, "."),
            "",
            "| rung | model | calls | at most |",
            "| --- | --- | --: | --: |",
            *rows,
        ]
    )


def _kept(climb: Climb) -> Path:
    return climb.folder / "approval.json"
