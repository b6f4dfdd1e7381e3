"""A champion's golden answers on disk, and its successor asked the same questions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from suffice.brief import Brief
from suffice.errors import UnusableInput
from suffice.files import write_atomically
from suffice.measuring.asking import ask_all
from suffice.measuring.golden import (
    Golden,
    Succession,
    from_json,
    golden_of,
    succession,
    to_json,
)
from suffice.results import Verdict
from suffice.stages.climb import Climb, kept_candidate, kept_outcomes
from suffice.stages.table import desk

FILE = "golden.json"


def keep_golden(climb: Climb, verdict: Verdict) -> Path | None:
    """The file of the champion's answers in the climb's folder; none without one."""
    if verdict.chosen is None:
        return None
    golden = golden_of(
        climb.id,
        climb.data_fingerprint,
        kept_candidate(climb, verdict.chosen),
        climb.split.test,
        kept_outcomes(climb, verdict.chosen),
    )
    path = climb.folder / FILE
    write_atomically(path, to_json(golden))
    return path


def read_golden(path: Path) -> Golden:
    """Raises `UnusableInput` for a file that holds no golden answers."""
    try:
        return from_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UnusableInput(
            f"{str(path)!r} holds no golden answers of a champion: run a climb, or get "
            "the artifact golden.json of its MLflow run."
        ) from error


def succeed(brief: Brief, golden: Golden, model: str) -> Succession:
    """
    *model*, asked as the champion was, against the champion's stored answers.

    The champion itself is not asked: it may be gone.  Calls go to the brief's endpoint
    and count against its budget; answers that are stored are not asked again.
    """
    candidate = replace(golden.candidate, model=model)
    climb = Climb(
        id=golden.climb_id, brief=brief, data_fingerprint=golden.data_fingerprint
    )
    with desk(climb) as at:
        at = at.reopened(climb, golden.candidate)
        asked = ask_all(candidate, golden.examples, at.desk(climb, model))
    return succession(golden, model, asked.outcomes)
