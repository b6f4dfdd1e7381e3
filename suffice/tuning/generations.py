"""
Which job of a spec is meant: the newest there is, or one more that is asked for.

Several jobs of one generation are one too many, however that came: all but the one in
the ledger are ended here, whenever they come to light.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from suffice.tuning.cancelling import cancel_twin
from suffice.tuning.job import JobState, TuneSpec
from suffice.tuning.ledger import Entry, Ledger
from suffice.tuning.protocol import Backend
from suffice.tuning.settling import BAD_FILES, failure

ENDED_BADLY = ("failed", "cancelled")
"""How jobs end that gave nothing."""

Jobs = Sequence[tuple[int, JobState]]
"""Generation and state of what a provider lists, oldest first."""


def generation_of_next(
    spec: TuneSpec, *, client: Backend, ledger: Ledger, again: bool, climb_id: str
) -> int:
    """
    The newest generation there is, or the one after it.

    That is when *again* asks for it and none of the newest runs or has succeeded.
    Raises `DataRejected` where the provider has found the files themselves bad: the
    same files would be refused again.
    """
    rows = ledger.rows(kind="job", provider=spec.endpoint_name, key=spec.key)
    if rows and (rows[-1].state == "succeeded" or not again):
        return rows[-1].generation
    jobs = client.find_jobs(spec)
    for job_id in _twins(rows, jobs):
        cancel_twin(job_id, spec=spec, client=client, ledger=ledger, climb_id=climb_id)
    newest = max([g for g, _ in jobs] + [row.generation for row in rows], default=0)
    states = _states(newest, rows, jobs).values()
    if not (again and states and all(state in ENDED_BADLY for state in states)):
        return newest
    for generation, job in jobs:
        if generation == newest and job.error_code in BAD_FILES:
            raise failure(client.name, job)
    _record_left(ledger, rows, jobs)
    return newest + 1


def _twins(rows: Sequence[Entry], jobs: Jobs) -> tuple[str, ...]:
    """Jobs that run beside the one which the ledger holds in their generation."""
    held = {row.generation: row.provider_id for row in rows if row.provider_id}
    return tuple(
        job.job_id
        for generation, job in jobs
        if not job.ended and held.get(generation, job.job_id) != job.job_id
    )


def _states(generation: int, rows: Sequence[Entry], jobs: Jobs) -> Mapping[str, str]:
    """How each job of the generation stands: the ledger's last word before theirs."""
    states = {job.job_id: job.status for g, job in jobs if g == generation}
    for row in rows:
        job_id = row.provider_id
        ours = row.generation == generation and job_id is not None
        if ours and (row.state != "submitted" or job_id not in states):
            states[str(job_id)] = row.state
    return states


def _record_left(ledger: Ledger, rows: Sequence[Entry], jobs: Jobs) -> None:
    """Jobs of submitters that were killed before they wrote down the id."""
    made = {generation: job.job_id for generation, job in reversed(jobs)}
    for row in rows:
        if row.provider_id is None and row.generation in made:
            ledger.submitted(row, made[row.generation], "adopted")
