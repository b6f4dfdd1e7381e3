"""
Cancels jobs that the provider still runs: those of one flow run, or of one brief.

Which run waits for which job is noted on disk, so that whoever cancels the run, in
another process, finds the job.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from suffice.brief import Brief
from suffice.errors import SufficeError
from suffice.files import write_atomically
from suffice.stages.climb import Climb, ledger_of
from suffice.stages.connect import connect_tuning
from suffice.tuning.cancelling import cancel
from suffice.tuning.job import digest
from suffice.tuning.ledger import Ledger
from suffice.workspace import Workspace


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


def cancel_open_jobs(brief: Brief) -> tuple[str, ...]:
    """A sentence for each job of this brief's climbs that has not ended."""
    with Ledger(ledger_of(brief)) as ledger:
        rows = ledger.rows(kind="job", state="submitted")
    mine = [r for r in rows if r.climb_id.rpartition("-")[0] == brief.name]
    return _cancel(brief, [str(row.provider_id) for row in mine])


def _cancel(brief: Brief, job_ids: Iterable[str]) -> tuple[str, ...]:
    told = []
    with (
        closing(connect_tuning(brief)) as client,
        Ledger(ledger_of(brief)) as ledger,
    ):
        for job_id in job_ids:
            try:
                state = cancel(job_id, client=client, ledger=ledger)
            except SufficeError as error:
                told.append(f"{job_id} is not cancelled yet: {error}")
            else:
                told.append(f"{job_id} is {state.status}.")
    return tuple(told)
