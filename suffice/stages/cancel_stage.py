"""
Cancels jobs that the provider still runs: those of one flow run, or of one brief.

Which run waits for which job is noted on disk, so that whoever cancels the run, in
another process, finds the job.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from suffice.brief import Brief
from suffice.errors import JobUnresolved, SufficeError
from suffice.files import write_atomically
from suffice.stages.climb import Climb, ledger_of
from suffice.stages.connect import connect_tuning
from suffice.tuning.cancelling import cancel
from suffice.tuning.job import TuneSpec, digest
from suffice.tuning.ledger import Entry, Ledger
from suffice.tuning.protocol import Backend
from suffice.workspace import Workspace

_OPEN = ("submitting", "unknown", "submitted")
"""States of jobs that may cost money still."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A job's end was asked for, and what came of it."""

    text: str
    granted: bool
    """False: the job may go on and cost money still."""


def note_waiting(climb: Climb, job_id: str, run_id: str) -> None:
    """Remember that the flow run *run_id* waits for the job."""
    if run_id:
        name = f"{digest(job_id.encode())[:16]}.json"
        note = json.dumps({"job_id": job_id, "run_id": run_id, "climb_id": climb.id})
        write_atomically(climb.workspace.root / "waiting" / name, note)


def jobs_of_run(workspace: Workspace, run_id: str) -> tuple[str, ...]:
    """Ids of the jobs that the flow run waits, or last waited, for."""
    notes = sorted((workspace.root / "waiting").glob("*.json"))
    told = (json.loads(note.read_text(encoding="utf-8")) for note in notes)
    return tuple(note["job_id"] for note in told if note["run_id"] == run_id)


def cancel_jobs_of_run(brief: Brief, run_id: str) -> tuple[str, ...]:
    """
    A sentence for each job of a flow run that was cancelled.

    Nothing is cancelled unless the brief says so (``tuning.waiting.cancel_with_run``).
    """
    jobs = jobs_of_run(Workspace(Path(brief.output)), run_id)
    if brief.tuning.waiting.cancel_with_run:
        return _cancel(brief, jobs)
    return tuple(f"{job} goes on: the next climb adopts it." for job in jobs)


def cancel_open_jobs(brief: Brief) -> tuple[Wish, ...]:
    """
    What came of the wish to end each job of this brief's climbs that may go on.

    One whose answer was lost is looked for at the provider, and cancelled too.
    """
    told: list[Wish] = []
    with (
        closing(connect_tuning(brief)) as client,
        Ledger(ledger_of(brief)) as ledger,
    ):
        for row in ledger.rows(kind="job"):
            if row.climb_id.rpartition("-")[0] != brief.name or row.state not in _OPEN:
                continue
            try:
                ids = _at_the_provider(row, client, ledger)
            except SufficeError as error:
                told.append(_not_yet(f"A job of {row.climb_id}", error))
            else:
                told += [_cancelled(i, row.climb_id, client, ledger) for i in ids]
    return tuple(told)


def _at_the_provider(row: Entry, client: Backend, ledger: Ledger) -> Sequence[str]:
    """
    What the entry's job is called there; looked for where its answer was lost.

    Raises `JobUnresolved` where it is not known whether there is one.
    """
    if row.provider != client.name:
        raise JobUnresolved(
            f"it was sent to {row.provider}, and this brief's endpoint is "
            f"{client.name}; name that one, or cancel it there."
        )
    if row.provider_id is not None:
        return [row.provider_id]
    found = client.find_jobs(TuneSpec.identified(json.loads(row.pinned)))
    ids = [job.job_id for generation, job in found if generation == row.generation]
    if not ids:
        raise JobUnresolved(
            f"it was sent, no answer came, and {client.name} does not list it; it may "
            f"be listed within {client.settle_s:.0f} s: cancel again then."
        )
    ledger.submitted(row, ids[0], "found when it was cancelled")
    return ids


def _cancel(brief: Brief, job_ids: Iterable[str]) -> tuple[str, ...]:
    with (
        closing(connect_tuning(brief)) as client,
        Ledger(ledger_of(brief)) as ledger,
    ):
        return tuple(_cancelled(job_id, "", client, ledger).text for job_id in job_ids)


def _cancelled(job_id: str, climb_id: str, client: Backend, ledger: Ledger) -> Wish:
    try:
        state = cancel(job_id, client=client, ledger=ledger, climb_id=climb_id)
    except SufficeError as error:
        return _not_yet(job_id, error)
    return Wish(text=f"{job_id} is {state.status}.", granted=True)


def _not_yet(what: str, error: SufficeError) -> Wish:
    return Wish(text=f"{what} is not cancelled yet: {error}", granted=False)
