"""
The judge of a climb beside people: asked once, kept, and told wherever it matters.

It happens before the first measurement, so that a judge nobody should trust is known
of before the money is spent; it warns, and does not stop the climb.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from pydantic import TypeAdapter

from suffice.data.lines import open_lines
from suffice.files import write_atomically
from suffice.measuring.budget import Budget
from suffice.measuring.judge import JudgeScorer
from suffice.measuring.judge_calibration import Calibration, calibrate, read_labels
from suffice.measuring.responses import ResponseStore
from suffice.results import Outcome
from suffice.scoring import parts
from suffice.stages.climb import Climb
from suffice.stages.scoring import judges_desk

_CALIBRATION = TypeAdapter(Calibration)


def calibrate_once(
    climb: Climb, on: date, *, store: ResponseStore, budget: Budget
) -> None:
    """Compare the judge with the people's labels, unless that has been done."""
    brief = climb.brief
    judge = brief.judge
    asked = any(part.scorer == "judge" for part in parts(brief.scorer))
    if judge is None or judge.human_labels is None or not asked:
        return
    digest = _digest(judge.human_labels)
    kept = kept_calibration(climb)
    if kept is not None and kept.labels == digest:
        return
    labels = read_labels(judge.human_labels)
    climb.journal.write("stage", text=f"the judge on {len(labels)} labels by people")
    desk = judges_desk(brief, on, store=store, budget=budget)
    done = calibrate(labels, JudgeScorer(judge, desk), concurrency=desk.concurrency)
    done = replace(done, labels=digest)
    write_atomically(_path(climb), _CALIBRATION.dump_json(done).decode())
    climb.journal.write("done", rung="", usd=done.spent_usd, text=told(done))


def kept_calibration(climb: Climb) -> Calibration | None:
    """How the judge did beside people; ``None`` when it was not compared."""
    path = _path(climb)
    return _CALIBRATION.validate_json(path.read_bytes()) if path.exists() else None


def told(calibration: Calibration) -> str:
    """One line on a judge."""
    found = calibration.agreement
    if found is None:
        return "judge: no verdict on any label"
    missing = calibration.n_missing
    lost = f", {missing} without a verdict" if missing else ""
    return (
        f"judge: kappa {found.kappa:.2f}, of one mind with people on "
        f"{found.agreement:.0%} of {found.n} labels{lost}"
    )


def judge_warnings(climb: Climb) -> tuple[str, ...]:
    """What a reader of the verdict must know of the judge; nothing without one."""
    kept = kept_calibration(climb)
    return kept.warnings() if kept else ()


def corrected_note(climb: Climb, outcomes: Sequence[Outcome]) -> str:
    """
    The quality with the judge's errors taken out; empty where the judge is not all.

    It is told, not ruled on: the ruling is about what the judge says.
    """
    names = [part.scorer for part in parts(climb.brief.scorer)]
    kept = kept_calibration(climb)
    scores = [o.score for o in outcomes if o.score is not None]
    found = kept.corrected(scores) if kept and names == ["judge"] and scores else None
    if found is None:
        return ""
    return (
        f"by people's labels the judge's score stands for {found.rate:.2f} "
        f"({found.low:.2f} to {found.high:.2f})"
    )


def _path(climb: Climb) -> Path:
    return climb.folder / "judge.json"


def _digest(source: str) -> str:
    digest = hashlib.sha256()
    for line in open_lines(source):
        digest.update(line.data + b"\n")
    return digest.hexdigest()[:16]
