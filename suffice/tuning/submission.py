"""
Submits a fine-tune at most once, whatever crashes.

Look first (ledger, then provider), write the intent, send once, write the outcome.
When the answer to the one call is lost, the provider is looked through for a settle
window before anything is sent again; a job found there is adopted.

What is left: a provider that accepts a job, never answers, and keeps it out of its
list for longer than the settle window, may end with two; the later is then cancelled
as soon as both are seen.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from suffice.errors import (
    CallFailed,
    EnvironmentFailed,
    FileNotReady,
    JobUnresolved,
    SpendingStopped,
    SufficeError,
    TrainingError,
)
from suffice.tuning.cancelling import cancel_twin
from suffice.tuning.claims import Claims
from suffice.tuning.generations import ENDED_BADLY, generation_of_next
from suffice.tuning.job import Clock, JobState, TuneSpec, digest
from suffice.tuning.ledger import Entry, Intent, Ledger
from suffice.tuning.ledger_owner import new_owner
from suffice.tuning.protocol import Backend
from suffice.tuning.terms import Terms
from suffice.tuning.uploads import upload

_LONGEST_PAUSE_S = 15.0


@dataclass(frozen=True, kw_only=True)
class _Submission:
    spec: TuneSpec
    files: tuple[bytes, bytes | None]
    client: Backend
    ledger: Ledger
    terms: Terms
    clock: Clock
    claims: Claims | None
    owner: str = field(default_factory=new_owner)

    @property
    def settle_s(self) -> float:
        given = self.terms.settle_s
        return self.client.settle_s if given is None else given

    @property
    def lease_s(self) -> float:
        # Longer than the call can take, or two may be in it at once.
        return 2 * self.client.timeout_s + 30


def submit(
    spec: TuneSpec,
    training_jsonl: bytes,
    validation_jsonl: bytes | None = None,
    *,
    client: Backend,
    ledger: Ledger,
    terms: Terms | None = None,
    clock: Clock | None = None,
    claims: Claims | None = None,
) -> str:
    """
    Id of the one job of *spec*: found, adopted, or made now.

    *claims* are those of machines that do not share the *ledger*.
    A failed job is returned as well, unless the terms say *again*.  Raises
    `SpendingStopped` or a `TrainingError` when the provider refuses, `OverBudget`, and
    `JobUnresolved` or `CallFailed` when nobody knows yet whether there is a job.
    """
    s = _Submission(
        spec=spec,
        files=(training_jsonl, validation_jsonl),
        client=client,
        ledger=ledger,
        terms=terms or Terms(),
        clock=clock or Clock(),
        claims=claims,
    )
    _check(spec, s.files)
    try:
        return _until_submitted(s)
    finally:
        ledger.release(s.owner)


def _until_submitted(s: _Submission) -> str:
    generation: int | None = None
    gives_up_at = s.clock.monotonic() + s.terms.patience_s
    pause_s = s.terms.pause_s
    while True:
        try:
            generation = _generation(s) if generation is None else generation
            entry = s.ledger.intend(_intent(s, generation), cap_usd=s.terms.cap_usd)
            held = s.ledger.claim(entry, owner=s.owner, lease_s=s.lease_s)
            if held is not None:
                entry = _advance(s, held)
            gives_up_at = s.clock.monotonic() + s.terms.patience_s
        except SpendingStopped:
            raise
        except FileNotReady:
            # Surely refused, so that the same may be sent again.
            if s.clock.monotonic() >= gives_up_at:
                raise
        except CallFailed:
            if s.clock.monotonic() >= gives_up_at:
                raise
            s.client.reconnect()
        else:
            if entry.provider_id is not None:
                return entry.provider_id
        s.clock.sleep(pause_s)
        pause_s = min(_LONGEST_PAUSE_S, pause_s * 1.5)


def _advance(s: _Submission, held: Entry) -> Entry:
    """One step of an entry that is ours for now."""
    if held.provider_id is not None:
        return held
    jobs = _listed(s, held)
    if jobs:
        return _adopt(s, held, jobs)
    if held.unknown_since is not None:
        if s.ledger.now() < held.unknown_since + s.settle_s:
            return held
        if held.attempts >= s.terms.attempts:
            raise JobUnresolved(
                f"{s.client.name} was sent job {held.key[:12]!r} {held.attempts} times "
                "and neither answered nor lists it: look at its own list of jobs."
            )
    return _send(s, held)


def _send(s: _Submission, held: Entry) -> Entry:
    training, validation = s.files
    send = partial(
        upload,
        client=s.client,
        ledger=s.ledger,
        clock=s.clock,
        climb_id=s.terms.climb_id,
    )
    training_id = send(training)
    validation_id = None if validation is None else send(validation)
    elsewhere = _claimed_elsewhere(s, held)
    if elsewhere is not None:
        return elsewhere
    sending = s.ledger.begin(held, owner=s.owner, lease_s=s.lease_s)
    if sending is None:
        return s.ledger.get(held)
    try:
        job = s.client.create_job(s.spec, held.generation, (training_id, validation_id))
    except (TrainingError, SpendingStopped) as error:
        s.ledger.refuse(sending, str(error))
        if s.claims is not None:
            # Not said, it is free once our claim is lost.
            with suppress(SufficeError):
                s.claims.give_up(held, owner=s.owner)
        raise
    except BaseException as error:
        s.ledger.doubt(sending, f"{type(error).__name__}: {error}")
        raise
    kept = _keep(s, sending, job)
    if s.claims is not None:
        # Not said, others find it at the provider once our claim is lost.
        with suppress(SufficeError):
            s.claims.tell(held, job.job_id, owner=s.owner)
    return kept


def _claimed_elsewhere(s: _Submission, held: Entry) -> Entry | None:
    """The entry as another machine leaves it; ``None`` where the job is ours to send"""
    if s.claims is None:
        return None
    # By then a call has ended, and what it made is in the provider's list.
    lost_after_s = s.lease_s + s.settle_s
    claim = s.claims.take(held, owner=s.owner, lost_after_s=lost_after_s)
    if claim.job_id is not None:
        return s.ledger.submitted(held, claim.job_id, "submitted by another machine")
    if not claim.ours:
        return held
    # Whoever had the claim before may have sent it since we looked.
    jobs = _listed(s, held)
    return _adopt(s, held, jobs) if jobs else None


def _listed(s: _Submission, held: Entry) -> list[JobState]:
    return [job for g, job in s.client.find_jobs(s.spec) if g == held.generation]


def _adopt(s: _Submission, held: Entry, jobs: list[JobState]) -> Entry:
    """The oldest job that has not ended badly; younger twins are cancelled."""
    good = [job for job in jobs if job.status not in ENDED_BADLY]
    chosen = good[0] if good else jobs[-1]
    # Before it is written down: after that nobody looks for twins any more.
    for twin in good[1:]:
        if not twin.ended:
            _cancel_twin(s, twin)
    return s.ledger.submitted(held, chosen.job_id, "adopted")


def _keep(s: _Submission, sending: Entry, job: JobState) -> Entry:
    kept = s.ledger.submitted(sending, job.job_id)
    if kept.provider_id not in (None, job.job_id):
        # Our lease ran out meanwhile and another process has adopted or made one.
        _cancel_twin(s, job)
    return kept


def _cancel_twin(s: _Submission, job: JobState) -> None:
    cancel_twin(
        job.job_id,
        spec=s.spec,
        client=s.client,
        ledger=s.ledger,
        climb_id=s.terms.climb_id,
    )


def _generation(s: _Submission) -> int:
    return generation_of_next(
        s.spec,
        client=s.client,
        ledger=s.ledger,
        again=s.terms.again,
        climb_id=s.terms.climb_id,
    )


def _intent(s: _Submission, generation: int) -> Intent:
    return Intent(
        kind="job",
        provider=s.spec.endpoint_name,
        key=s.spec.key,
        generation=generation,
        pinned=s.spec.identity,
        reserve_usd=s.terms.reserve_usd,
        climb_id=s.terms.climb_id,
    )


def _check(spec: TuneSpec, files: tuple[bytes, bytes | None]) -> None:
    found = tuple(None if file is None else digest(file) for file in files)
    if found != (spec.training_sha256, spec.validation_sha256):
        raise EnvironmentFailed(
            f"The files to train on are not those of the spec {spec.key[:12]!r}: they "
            "changed after it was made; make it anew."
        )
