"""
One climb on disk: its brief, its split, what was measured, its verdict.

Whatever is passed between Prefect tasks is the small `Climb` below; the examples
are read from its folder where they are needed, in whatever process that is.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from suffice import __version__
from suffice.brief import Brief
from suffice.candidates import Candidate
from suffice.economics.verdict_io import from_json, to_json
from suffice.errors import UnusableInput
from suffice.examples import Split
from suffice.files import write_atomically
from suffice.journal import Journal
from suffice.measuring.responses import ResponseStore
from suffice.results import Measured, Outcome, Verdict
from suffice.stages import sources
from suffice.workspace import Workspace

_SPLIT = TypeAdapter(Split)
_CANDIDATE = TypeAdapter(Candidate)
_MEASURED = TypeAdapter(Measured)
_OUTCOMES = TypeAdapter(tuple[Outcome, ...])

NOT_PART_OF_A_CLIMB = {
    "output",
    "store",
    "ledger",
    "shards",
    "examples_per_task",
    "usage",
    "costs",
    "recheck",
    "prices",
    "price_rows",
    "budget_usd",
    "auto_approve_usd",
    "horizon_months",
    "max_latency_s",
}
"""What may change without anything having to be measured again."""


@dataclass(frozen=True, kw_only=True)
class Climb:
    """One brief on one set of examples; the same again is the same climb."""

    id: str
    brief: Brief
    data_fingerprint: str
    warnings: tuple[str, ...] = ()
    """What the data gate found and let pass."""
    started: float = 0.0
    """When this run of it began, in seconds since 1970."""

    @property
    def workspace(self) -> Workspace:
        return Workspace(Path(self.brief.output))

    @property
    def folder(self) -> Path:
        return self.workspace.climb(self.id)

    @property
    def journal(self) -> Journal:
        return Journal.of(self.workspace.journal)

    @property
    def split(self) -> Split:
        return _read_split(self.folder / "split.json")


def open_climb(
    brief: Brief, split: Split, data_fingerprint: str, warnings: tuple[str, ...] = ()
) -> Climb:
    """
    The climb of this brief on this data; its split is stored before it is used.

    So are the passages of its documents, where a rung retrieves from them.
    """
    left_out: dict[str, Any] = dict.fromkeys(NOT_PART_OF_A_CLIMB, True)
    # Parts of the examples are trained on after everything else.
    left_out["tuning"] = {"learning_curve", "waiting", "probes"}
    kept = brief.model_dump(mode="json", exclude=left_out)
    passages = sources.read_passages(brief)
    said = [kept, data_fingerprint, sources.digest_of(passages), __version__]
    text = json.dumps(said, sort_keys=True)
    climb_id = f"{brief.name}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"
    quotes = sources.quotes(passages, split.test)
    climb = Climb(
        id=climb_id,
        brief=brief,
        data_fingerprint=data_fingerprint,
        warnings=(*warnings, *quotes),
        started=time.time(),
    )
    for text in quotes:
        # `suffice check` ends before there is a verdict to tell it.
        climb.journal.write("done", rung="", text=f"warning: {text}")
    sources.store_passages(climb.folder, passages)
    path = climb.folder / "split.json"
    if not path.exists():
        write_atomically(path, _SPLIT.dump_json(split).decode())
    return climb


def keep(
    climb: Climb,
    candidate: Candidate,
    measured: Measured,
    outcomes: tuple[Outcome, ...],
) -> None:
    """Store one measurement; the outcomes first, so that a row means all is there."""
    folder = climb.folder / "measured" / candidate.key
    write_atomically(folder / "outcomes.json", _OUTCOMES.dump_json(outcomes).decode())
    write_atomically(
        folder / "candidate.json", _CANDIDATE.dump_json(candidate).decode()
    )
    write_atomically(folder / "measured.json", _MEASURED.dump_json(measured).decode())


def kept_candidate(climb: Climb, key: str) -> Candidate:
    """The candidate stored under *key*."""
    path = climb.folder / "measured" / key / "candidate.json"
    return _CANDIDATE.validate_json(path.read_bytes())


def kept_outcomes(climb: Climb, key: str) -> tuple[Outcome, ...]:
    """What the candidate answered to each example."""
    path = climb.folder / "measured" / key / "outcomes.json"
    return _OUTCOMES.validate_json(path.read_bytes())


def store_of(brief: Brief) -> Path | str:
    """
    Where answers are stored: the brief's store, else SUFFICE_STORE, else a file.
    """
    named = brief.store or os.environ.get("SUFFICE_STORE")
    return named or Workspace(Path(brief.output)).responses


def ledger_of(brief: Brief) -> Path | str:
    """
    Where the ledger is kept: as the brief says, else SUFFICE_LEDGER, else a file.
    """
    named = brief.ledger or os.environ.get("SUFFICE_LEDGER")
    return named or Workspace(Path(brief.output)).ledger


def claims_of(brief: Brief) -> str | None:
    """
    Where machines agree on who submits: as the brief says, else SUFFICE_CLAIMS.
    """
    return brief.claims or os.environ.get("SUFFICE_CLAIMS") or None


def spent_usd(climb: Climb) -> float:
    """USD that this climb has spent on calls so far, in all its runs."""
    with ResponseStore(store_of(climb.brief)) as store:
        return store.spent_usd(climb.id)


def kept_measurements(climb: Climb) -> tuple[Measured, ...]:
    """Every measurement of this climb that is complete."""
    found = sorted((climb.folder / "measured").glob("*/measured.json"))
    return tuple(_MEASURED.validate_json(path.read_bytes()) for path in found)


def keep_verdict(climb: Climb, verdict: Verdict) -> Path:
    """Store the verdict with its brief, and make it the brief's latest."""
    path = climb.folder / "verdict.json"
    write_atomically(climb.folder / "brief.json", climb.brief.model_dump_json())
    write_atomically(path, to_json(verdict))
    write_atomically(climb.workspace.latest(climb.brief.name), climb.id)
    return path


def latest_verdict(workspace: Workspace, name: str | None) -> tuple[Verdict, Path]:
    """
    The newest verdict of the brief called *name*, or of any, and its climb's folder.

    Raises `UnusableInput` when there is none.
    """
    folder = workspace.root / "latest"
    found = sorted(folder.glob(name or "*"), key=lambda p: p.stat().st_mtime)
    if not found:
        which = f"of {name!r} " if name else ""
        raise UnusableInput(
            f"There is no verdict {which}under {str(workspace.root)!r} yet; "
            "run 'suffice climb BRIEF.yaml' first."
        )
    place = workspace.climb(found[-1].read_text().strip())
    return from_json((place / "verdict.json").read_text()), place


def kept_brief(folder: Path) -> Brief:
    """
    The brief of the climb in *folder*, as it was when its verdict was made.

    Raises `UnusableInput` for a climb that kept none.
    """
    path = folder / "brief.json"
    if not path.exists():
        raise UnusableInput(
            f"{str(folder)!r} holds a verdict without its brief: name the brief with "
            "--brief, or run the climb again."
        )
    return Brief.model_validate_json(path.read_bytes())


@lru_cache(maxsize=4)
def _read_split(path: Path) -> Split:
    return _SPLIT.validate_json(path.read_bytes())
