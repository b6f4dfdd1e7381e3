"""
Looks for drift: do the questions still look like the tested ones, and does the
champion still answer them as well?

What former looks saw is kept under the output folder, so that daily looks neither
raise the chance of a false alarm nor pay for an answer twice.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from suffice.data.drift import Drift, question_drift
from suffice.data.fresh import Fresh, read_fresh
from suffice.economics.drift import MOST_LOOKS, DriftSeen, level_of
from suffice.economics.wording import dollars
from suffice.errors import CallFailed, EndpointDown
from suffice.examples import Example, fingerprint
from suffice.files import write_atomically
from suffice.measuring.asking import Asked, ask_all
from suffice.results import Verdict
from suffice.stages.climb import Climb, kept_candidate
from suffice.stages.table import desk
from suffice.statistics.watching import Watch, watch

_YEAR = timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class Look:
    """One comparison of questions, as it is kept."""

    on: str
    digest: str
    level: float
    p_value: float
    text: str
    examples: tuple[str, ...]

    @property
    def fired(self) -> bool:
        return self.p_value <= self.level


def look_for_drift(climb: Climb, verdict: Verdict, on: date) -> DriftSeen | None:
    """
    Both looks; ``None`` where the brief names no fresh questions.

    Calls the champion only for fresh examples that have an answer and have not been
    asked since the verdict, newest first, within the re-check's budget.
    """
    source = climb.brief.recheck.fresh
    if source is None:
        return None
    fresh = read_fresh(source)
    questions = _look_at_questions(climb, verdict, fresh, on)
    quality = _look_at_quality(climb, verdict, fresh, on)
    found = [seen for seen in (questions, quality) if seen is not None]
    return DriftSeen(
        fired=any(seen.fired for seen in found),
        saw=" ".join(seen.saw for seen in found),
        spent_usd=sum(seen.spent_usd for seen in found),
    )


def _look_at_questions(
    climb: Climb, verdict: Verdict, fresh: Fresh, on: date
) -> DriftSeen:
    path = climb.workspace.recheck(verdict.name) / "questions.json"
    since, looks = _kept_looks(path, _about(verdict), on)
    if (not looks or looks[-1].digest != fresh.digest) and len(looks) < MOST_LOOKS:
        split = climb.split
        tested = [e.question for e in (*split.test, *split.dev, *split.train)]
        seen = question_drift(tested, fresh.questions, seed=climb.brief.seed)
        looks.append(_look(seen, fresh, on, level_of(len(looks) + 1)))
        kept = [asdict(one) for one in looks]
        state = {"about": _about(verdict), "since": since, "looks": kept}
        write_atomically(path, json.dumps(state, indent=1))
    alarm = next((one for one in looks if one.fired), None)
    told = alarm or looks[-1]
    text = f"{told.text} Look {len(looks)} since {since}"
    text += f"; told on {alarm.on}." if alarm else f", at level {told.level:.2g}."
    if alarm and alarm.examples:
        text += " Least like the tested ones: " + "; ".join(
            f"{shown!r}" for shown in alarm.examples[:3]
        )
    return DriftSeen(fired=alarm is not None, saw=text)


def _look(seen: Drift, fresh: Fresh, on: date, level: float) -> Look:
    return Look(
        on=on.isoformat(),
        digest=fresh.digest,
        level=level,
        p_value=seen.p_value,
        text=seen.text,
        examples=seen.examples,
    )


def _kept_looks(path: Path, about: list[str], on: date) -> tuple[str, list[Look]]:
    """The first day and the looks since; another verdict or year begins anew."""
    if path.exists():
        state = json.loads(path.read_text(encoding="utf-8"))
        begun = date.fromisoformat(state["since"])
        if state["about"] == about and on - begun < _YEAR:
            return state["since"], [Look(**_tupled(row)) for row in state["looks"]]
    return on.isoformat(), []


def _tupled(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "examples": tuple(row["examples"])}


def _about(verdict: Verdict) -> list[str]:
    """What a watch is about: this choice, as decided on this day."""
    return [verdict.climb_id, str(verdict.chosen), verdict.decided_on.isoformat()]


def _look_at_quality(
    climb: Climb, verdict: Verdict, fresh: Fresh, on: date
) -> DriftSeen | None:
    if not fresh.labelled or verdict.chosen is None or verdict.rung == "floor":
        return None
    path = climb.workspace.recheck(verdict.name) / "quality.jsonl"
    about = _about(verdict)
    kept = [row for row in _rows(path) if row["about"] == about]
    new = _unasked(climb, fresh, {row["example"] for row in kept})
    asked = _ask(climb, verdict, new, on)
    scored = {o.example_id: o.score for o in asked.outcomes if o.score is not None}
    for example in new:
        if example.id in scored:
            row = {"about": about, "example": _name(example)}
            kept.append({**row, "score": scored[example.id]})
    text = "".join(json.dumps(row) + "\n" for row in kept)
    write_atomically(path, text)
    edge = max(verdict.bar - verdict.margin, 1e-6)
    seen = watch([row["score"] for row in kept], edge)
    n_missing = len(new) - len(scored)
    return DriftSeen(
        fired=seen.fell,
        saw=_told(seen, edge, len(scored), n_missing, asked.spent_usd),
        spent_usd=asked.spent_usd,
    )


def _told(seen: Watch, edge: float, n_new: int, n_missing: int, usd: float) -> str:
    if seen.n == 0:
        return "No fresh example could be asked."
    held = "has fallen below" if seen.fell else "shows no fall below"
    text = (
        f"Quality on {seen.n} fresh examples {seen.quality:.2f} ({seen.low:.2f} to "
        f"{seen.high:.2f}): it {held} {edge:.2f} (evidence {seen.evidence:.3g} to 1, "
        f"20 is proof); {n_new} asked now for {dollars(usd)}"
    )
    return text + (f", {n_missing} without an answer." if n_missing else ".")


def _unasked(climb: Climb, fresh: Fresh, asked: set[str]) -> list[Example]:
    """The newest that are no example of the climb and have not been asked, in order."""
    split = climb.split
    known = {e.question for e in (*split.train, *split.dev, *split.test)}
    found = {
        _name(e): e
        for e in fresh.labelled
        if e.question not in known and _name(e) not in asked
    }
    limit = climb.brief.recheck.fresh_answers
    return list(found.values())[-limit:] if limit else []


def _ask(climb: Climb, verdict: Verdict, examples: list[Example], on: date) -> Asked:
    """The champion's answers, on the account of this day's re-check."""
    nothing = Asked(outcomes=(), spent_usd=0.0, n_calls=0)
    if not examples:
        return nothing
    brief = climb.brief.model_copy(
        update={"budget_usd": climb.brief.recheck.budget_usd}
    )
    payer = replace(climb, id=f"{climb.brief.name}-recheck-{on}", brief=brief)
    payer.folder.mkdir(parents=True, exist_ok=True)
    candidate = kept_candidate(climb, verdict.chosen or "")
    with desk(payer) as at:
        place = at.reopened(climb, candidate).desk(climb, candidate.model)
        try:
            return ask_all(candidate, examples, place)
        except (CallFailed, EndpointDown):
            # The provider is away: nothing is known, and nothing must be concluded.
            return nothing


def _rows(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line]


def _name(example: Example) -> str:
    return fingerprint([example])[:16]
