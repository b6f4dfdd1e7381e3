"""
Follows a fine-tuning job to a model that answers, or to the reason why there is none.

Polling is the truth.  An error while polling and a status nobody has heard of both
mean "don't know": only the provider's own last word ends a job.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace

from suffice.errors import (
    CallFailed,
    DataRejected,
    JobUnresolved,
    SufficeError,
    TrainingFailed,
)
from suffice.journal import Journal
from suffice.tuning.client import TuningClient
from suffice.tuning.job import Clock, JobEvent, JobState, TunedModel, TuneSpec
from suffice.tuning.ledger import Entry, Ledger, State
from suffice.tuning.submission import Terms, submit

__all__ = [
    "Clock",
    "JobEvent",
    "JobState",
    "Terms",
    "TuneSpec",
    "TunedModel",
    "TuningClient",
    "cancel",
    "poll",
    "submit",
    "wait",
]

READY_S = 600.0
"""How long a job that succeeded may keep its model back."""
ABSENT_LOOKS = 20
"""Looks in a row that say "no such job" before a person is asked."""
_GROWTH = 1.4
_LAST_WORDS: dict[str, State] = {
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}
_BAD_DATA = ("invalid_training_file", "invalid_validation_file", "invalid_file")


def poll(job_id: str, *, client: TuningClient, after: str | None = None) -> JobState:
    """
    The job as it stands, with its events since the one with the id *after*.

    It never raises for a provider that does not answer, refuses the key or says that
    there is no such job: the status is then ``unknown`` and the note says why.
    """
    try:
        state = client.job(job_id)
        return replace(state, events=client.events(job_id, after))
    except SufficeError as error:
        absent = getattr(error.__cause__, "status_code", None) == 404
        if type(error) is CallFailed:
            client.reconnect()
        return JobState(job_id=job_id, status="unknown", absent=absent, note=str(error))


@dataclass(kw_only=True)
class _Watch:
    """What one wait has seen so far."""

    job_id: str
    client: TuningClient
    ledger: Ledger
    journal: Journal
    cost_usd: Callable[[JobState], float | None]
    last_event: str | None = None
    absent: int = 0
    last: JobState | None = None
    status: str = ""
    succeeded_at: float | None = field(default=None)


def wait(
    job_id: str,
    *,
    client: TuningClient,
    ledger: Ledger,
    journal: Journal | None = None,
    poll_s: float = 2.0,
    deadline_s: float = 6 * 3600.0,
    cost_usd: Callable[[JobState], float | None] = lambda _: None,
    clock: Clock | None = None,
) -> TunedModel:
    """
    The tuned model, once the job has succeeded and the model has answered a call.

    Looks at once, after *poll_s* seconds, then more rarely, and not at all at a job
    that the ledger knows to have ended well.  *cost_usd* prices the job.  Raises
    `TrainingFailed` or `DataRejected` when it failed or was cancelled, `JobUnresolved`
    after *deadline_s* seconds or when the provider lost it: it can be waited for again.
    """
    known = _entry(ledger, job_id)
    if known is not None and known.result:
        return TunedModel(**json.loads(known.result))
    watch = _Watch(
        job_id=job_id,
        client=client,
        ledger=ledger,
        journal=journal or Journal(),
        cost_usd=cost_usd,
    )
    return _follow(watch, poll_s, deadline_s, clock or Clock())


def cancel(job_id: str, *, client: TuningClient, ledger: Ledger) -> JobState:
    """Ask for the job's end and say how it stands. Raises when the provider refuses."""
    state = client.cancel(job_id)
    if state.status == "cancelled":
        _settle(ledger, state, None)
    return state


def _follow(
    watch: _Watch, poll_s: float, deadline_s: float, clock: Clock
) -> TunedModel:
    begun, pause_s = clock.monotonic(), poll_s
    slowest_s = max(poll_s, 3.0 if watch.client.embedded else 120.0)
    while True:
        state = _look(watch)
        model = _ended(watch, state, clock.monotonic())
        if model is not None:
            return model
        if clock.monotonic() - begun >= deadline_s:
            raise JobUnresolved(
                f"{watch.client.name} has not ended {watch.job_id} after "
                f"{deadline_s:g} s; its status is {state.status!r} {state.note}: run "
                "again to go on waiting, or cancel it."
            )
        clock.sleep(pause_s * random.uniform(0.8, 1.2))
        pause_s = min(slowest_s, pause_s * _GROWTH)


def _look(watch: _Watch) -> JobState:
    state = poll(watch.job_id, client=watch.client, after=watch.last_event)
    watch.absent = watch.absent + 1 if state.absent else 0
    if state.status != watch.status:
        watch.status = state.status
        watch.journal.write(
            "job", id=watch.job_id, status=state.status, note=state.note
        )
    for event in state.events:
        watch.last_event = event.id
        _tell(watch.journal, event, state.estimated_finish)
    return state


def _tell(journal: Journal, event: JobEvent, estimated_finish: int | None) -> None:
    if event.step is None:
        journal.write("note", rung="fine-tuned", text=event.message)
        return
    journal.write(
        "progress",
        rung="fine-tuned",
        done=event.step,
        total=event.total_steps,
        loss=event.loss,
        valid_loss=event.valid_loss,
        estimated_finish=estimated_finish,
    )


def _ended(watch: _Watch, state: JobState, now: float) -> TunedModel | None:
    if watch.absent >= ABSENT_LOOKS:
        raise JobUnresolved(
            f"{watch.client.name} says again and again that there is no job "
            f"{watch.job_id}: check that the key belongs to the account that made it."
        )
    if state.status in ("failed", "cancelled"):
        _settle(watch.ledger, state, watch.cost_usd(state))
        raise _failure(watch.client, state)
    if state.status != "succeeded":
        return None
    if state.fine_tuned_model and watch.client.answers(state.fine_tuned_model):
        return _model(watch, state, state.fine_tuned_model)
    if watch.succeeded_at is None:
        watch.succeeded_at = now
    if now - watch.succeeded_at >= READY_S:
        raise JobUnresolved(
            f"{watch.client.name} ended {watch.job_id} as succeeded, but its model "
            f"{state.fine_tuned_model!r} does not answer: run again later."
        )
    return None


def _model(watch: _Watch, state: JobState, model: str) -> TunedModel:
    usd = watch.cost_usd(state)
    took = None if state.finished_at is None else state.finished_at - state.created_at
    tuned = TunedModel(
        model=model,
        base=state.base,
        job_id=state.job_id,
        trained_tokens=state.trained_tokens,
        cpu_s=state.cpu_s,
        train_s=took,
        upfront_usd=usd,
    )
    _settle(watch.ledger, state, usd, result=json.dumps(asdict(tuned)))
    return tuned


def _failure(client: TuningClient, state: JobState) -> SufficeError:
    why = state.error or "it gave no reason"
    told = f"{client.name} ended {state.job_id} as {state.status}: {why}"
    if state.error_code in _BAD_DATA:
        return DataRejected(f"{told}; correct the training examples.")
    return TrainingFailed(f"{told}; ask for another job to try again.")


def _settle(
    ledger: Ledger, state: JobState, usd: float | None, *, result: str = ""
) -> None:
    entry = _entry(ledger, state.job_id)
    if entry is None:
        return
    # Without a price the reservation is the honest upper end.
    spent = entry.reserved_usd if usd is None else usd
    ledger.settle(
        entry,
        _LAST_WORDS[state.status],
        spent_usd=spent,
        note=state.error,
        result=result,
    )


def _entry(ledger: Ledger, job_id: str) -> Entry | None:
    found = ledger.rows(kind="job", provider_id=job_id)
    return found[-1] if found else None
