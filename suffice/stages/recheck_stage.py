"""The re-check of a verdict, as one call for a Prefect task."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from suffice.brief import Brief
from suffice.economics.recheck import Recheck
from suffice.economics.recheck import recheck as recheck_of
from suffice.economics.triggers import Again
from suffice.economics.usage import UsageSummary
from suffice.errors import EnvironmentFailed
from suffice.files import write_atomically
from suffice.registry.record import Registry
from suffice.results import Verdict
from suffice.stages import kept_prices, training_cost
from suffice.stages.climb import Climb, latest_verdict
from suffice.stages.drift_watch import look_for_drift
from suffice.stages.next_climb import NextClimb, cost_usd, prepare
from suffice.stages.shutdowns import prices_told
from suffice.stages.table import prices, today
from suffice.usage.reading import read_usage
from suffice.workspace import Workspace

_TOLD_DAYS = (30, 7, 1)
"""Days before a retirement on which it is told."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a re-check found, and what follows from it."""

    recheck: Recheck
    flipped: bool
    """The choice has changed, and no re-check before this one has said so."""
    next_climb: NextClimb | None
    """What is ready to run."""
    start: bool
    """Whether it is to be started now: allowed, and not started before."""
    before: str | None
    """Key of the candidate that ran until now."""
    key: str
    """Names what was found: the same again has the same key."""
    text: str


def recheck(brief: Brief, *, drift: bool = True) -> Found:
    """
    The last verdict at today's usage, prices, questions and retirements.

    Without *drift* nobody looks at fresh questions, and no model is called.
    """
    verdict, _ = latest_verdict(Workspace(Path(brief.output)), brief.name)
    climb = Climb(
        id=verdict.climb_id, brief=brief, data_fingerprint=verdict.data_fingerprint
    )
    on, usage = today(), _used(climb, verdict)

    def cost_of(again: Again) -> float | None:
        return cost_usd(climb, verdict, again)

    result = recheck_of(
        verdict,
        brief=brief,
        book=prices_told(brief, [m.model for m in verdict.ladder if m.rung != "floor"]),
        on=on,
        usage=usage,
        training_estimate=training_cost.training_estimate(climb),
        drift=look_for_drift(climb, verdict, on) if drift else None,
        min_gain=brief.recheck.min_gain,
        notice_days=brief.recheck.notice_days,
        cost_of=cost_of,
        book_then=kept_prices.read(climb, prices(brief)),
    )
    volume = usage.requests_per_month if usage else brief.usage.requests_per_month
    found = _found(climb, verdict, result, prepare(climb, result.again, volume))
    climb.journal.write("done", rung="", text=found.text)
    return found


def _used(climb: Climb, verdict: Verdict) -> UsageSummary | None:
    workspace = climb.workspace
    return read_usage(
        climb.brief.usage,
        kept=workspace.recheck(climb.brief.name) / "usage.json",
        output=workspace.root,
        now_s=time.time(),
        tokens_after=verdict.decided_on,
    )


def tell_registry(brief: Brief, found: Found) -> str:
    """Tag the climb's run and the champion in MLflow; says what was tagged."""
    result = found.recheck
    tags = {
        "recheck.on": result.on.isoformat(),
        "recheck.choice": result.verdict.chosen or "none",
        "recheck.changed": str(result.changed).lower(),
        "recheck.fired": ", ".join(t.name for t in result.triggers if t.fired),
    }
    try:
        return Registry(Path(brief.output)).tag_recheck(
            brief, result.verdict.climb_id, tags
        )
    except EnvironmentFailed as error:
        # What was found is on disk and in the artifact; MLflow may be elsewhere.
        return f"MLflow was not told: {error}"


def remember_started(brief: Brief, found: Found) -> None:
    """The same need starts no second climb."""
    _remember(brief, "started", found.key)


def remember_flip(brief: Brief, found: Found) -> None:
    """The same flip is told once."""
    _remember(brief, "flipped", found.key)


@dataclass(frozen=True, kw_only=True)
class Retiring:
    """The model that runs will soon be switched off, or has been."""

    day: date
    days_left: int
    text: str


def retiring(brief: Brief, found: Found) -> Retiring | None:
    """What is to be told of a retirement: 30, 7 and 1 days before it, once each."""
    on = found.recheck.on
    for trigger in found.recheck.triggers:
        if trigger.day is not None:
            left = (trigger.day - on).days
            steps = [step for step in _TOLD_DAYS if left <= step]
            if steps and _remembered(brief).get("retiring") != _step(trigger.day, left):
                return Retiring(day=trigger.day, days_left=left, text=trigger.saw)
    return None


def remember_retiring(brief: Brief, told: Retiring) -> None:
    """The same notice is given once."""
    _remember(brief, "retiring", _step(told.day, told.days_left))


def _step(day: date, left: int) -> str:
    return f"{day} {min(step for step in _TOLD_DAYS if left <= step)}"


def _found(
    climb: Climb, verdict: Verdict, result: Recheck, ready: NextClimb | str
) -> Found:
    next_climb = ready if isinstance(ready, NextClimb) else None
    said = ready if isinstance(ready, str) else ready.text
    about = [verdict.climb_id, verdict.chosen, verdict.decided_on.isoformat()]
    again = result.again and [result.again.rungs, result.again.models]
    what = json.dumps([about, result.verdict.chosen, again])
    key = hashlib.sha256(what.encode()).hexdigest()[:16]
    before = _remembered(climb.brief)
    started = next_climb is not None and key == before.get("started")
    if started:
        said = f"The climb for this was started before: {next_climb.path}"  # type: ignore[union-attr]
    text = "\n".join([result.text, "", said]) if said else result.text
    return Found(
        recheck=replace(result, text=text),
        flipped=result.changed and key != before.get("flipped"),
        next_climb=next_climb,
        start=next_climb is not None and next_climb.allowed and not started,
        before=verdict.chosen,
        key=key,
        text=text,
    )


def _state(brief: Brief) -> Path:
    return Workspace(Path(brief.output)).recheck(brief.name) / "told.json"


def _remembered(brief: Brief) -> dict[str, str]:
    path = _state(brief)
    found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return found


def _remember(brief: Brief, what: str, key: str) -> None:
    kept = {**_remembered(brief), what: key}
    write_atomically(_state(brief), json.dumps(kept))
