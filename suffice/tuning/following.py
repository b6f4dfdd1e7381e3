"""
Follows a fine-tuning job to a model that answers, or to the reason why there is none.

Polling is the truth.  An error while polling and a status nobody has heard of both
mean "don't know": only the provider's own last word ends a job.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from suffice.errors import CallFailed, JobUnresolved, ModelNotReady, SufficeError
from suffice.journal import Journal
from suffice.tuning.cancelling import cancel, cancel_accepted, cancel_again
from suffice.tuning.client import TuningClient
from suffice.tuning.job import Clock, JobEvent, JobState, TunedModel, TuneSpec
from suffice.tuning.ledger import Ledger
from suffice.tuning.patience import Patience, Pauses, Silence, left_s
from suffice.tuning.protocol import Backend
from suffice.tuning.settling import failure, known_model, settle, settle_model
from suffice.tuning.submission import submit
from suffice.tuning.terms import Terms
from suffice.tuning.watching import Progress, Tell, Watch

__all__ = [
    "Clock",
    "JobEvent",
    "JobState",
    "Patience",
    "Progress",
    "StillTraining",
    "Terms",
    "TuneSpec",
    "TunedModel",
    "TuningClient",
    "cancel",
    "finished",
    "poll",
    "submit",
    "wait",
    "wait_a_while",
]

ABSENT_LOOKS = 20
"""Looks in a row that say "no such job" before a person is asked."""
ABSENT_S = 900.0
"""Seconds for which a provider must say so; a gateway says it while it restarts."""


@dataclass(frozen=True, kw_only=True)
class StillTraining:
    """The job goes on, and whoever waited is wanted for something else."""

    job_id: str
    status: str
    waited_s: float
    """Seconds that were waited for it so far, by all processes."""
    left_s: float | None = None
    """Seconds the job says it still takes; ``None``: it did not say."""


@dataclass(frozen=True, kw_only=True)
class _Wait:
    watch: Watch
    client: Backend
    ledger: Ledger
    patience: Patience
    clock: Clock
    cost_usd: Callable[[JobState], float | None]
    keep: Callable[[list[JobEvent]], None]


def poll(job_id: str, *, client: Backend, after: str | None = None) -> JobState:
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


def wait(
    job_id: str,
    *,
    client: Backend,
    ledger: Ledger,
    patience: Patience | None = None,
    cost_usd: Callable[[JobState], float | None] = lambda _: None,
    journal: Journal | None = None,
    tell: Tell = lambda _: None,
    keep: Callable[[list[JobEvent]], None] = lambda _: None,
    clock: Clock | None = None,
) -> TunedModel:
    """
    The tuned model, once the job has succeeded and the model has answered a call.

    Looks at once, and not at all at a job that the ledger knows to have ended well.
    *cost_usd* prices the job, *keep* gets its events once it has ended well.  Raises
    `TrainingFailed` or `DataRejected` when it failed or was cancelled, `JobUnresolved`
    at the deadline or when the provider lost it: it can be waited for again.
    """
    return finished(
        wait_a_while(
            job_id,
            client=client,
            ledger=ledger,
            patience=replace(patience or Patience(), hold_s=None),
            cost_usd=cost_usd,
            journal=journal,
            tell=tell,
            keep=keep,
            clock=clock,
        )
    )


def finished(model: TunedModel | StillTraining) -> TunedModel:
    """The model. Raises `JobUnresolved` while the job goes on."""
    if isinstance(model, StillTraining):
        raise JobUnresolved(f"{model.job_id} goes on: run again to follow it.")
    return model


def wait_a_while(
    job_id: str,
    *,
    client: Backend,
    ledger: Ledger,
    patience: Patience,
    cost_usd: Callable[[JobState], float | None] = lambda _: None,
    journal: Journal | None = None,
    tell: Tell = lambda _: None,
    keep: Callable[[list[JobEvent]], None] = lambda _: None,
    clock: Clock | None = None,
) -> TunedModel | StillTraining:
    """The same, but no longer than the patience holds."""
    known = known_model(ledger, job_id)
    if known is not None:
        return known
    w = _Wait(
        watch=Watch(job_id=job_id, journal=journal or Journal(), tell=tell),
        client=client,
        ledger=ledger,
        patience=patience,
        clock=clock or Clock(),
        cost_usd=cost_usd,
        keep=keep,
    )
    return _follow(w)


def _follow(w: _Wait) -> TunedModel | StillTraining:
    begun = w.clock.monotonic()
    pauses = Pauses(poll_s=w.patience.poll_s, near=w.client.embedded)
    silence = Silence(silence_s=w.patience.silence_s)
    while True:
        cancel_again(w.watch.job_id, client=w.client, ledger=w.ledger)
        state = poll(w.watch.job_id, client=w.client, after=w.watch.last_event)
        at = w.clock.monotonic()
        w.watch.take(state, at, w.clock.now())
        model = _ended(w, state, at)
        if model is not None:
            return model
        if silence.stalled(state, at):
            w.watch.stall(state, w.clock.now())
        _check_deadline(w, state, at - begun)
        pause_s = pauses.after(state)
        still = _still(w, state, at - begun, pause_s)
        if still is not None:
            return still
        w.clock.sleep(pause_s)


def _check_deadline(w: _Wait, state: JobState, here_s: float) -> None:
    if here_s + w.patience.waited_s < w.patience.deadline_s:
        return
    told, kind = f"its status is {state.status!r} {state.note}".rstrip(), JobUnresolved
    if state.status == "succeeded":
        told = f"it succeeded, but its model {state.fine_tuned_model!r} does not answer"
        kind = ModelNotReady
    raise kind(
        f"{w.client.name} has given no model of {w.watch.job_id} after "
        f"{w.patience.deadline_s:g} s; {told}: run again to go on waiting, "
        "or cancel it."
    )


def _still(
    w: _Wait, state: JobState, here_s: float, pause_s: float
) -> StillTraining | None:
    """What is handed over, when the job surely or already outlives our time."""
    hold_s = w.patience.hold_s
    if hold_s is None:
        return None
    left = left_s(state, w.clock.now())
    if here_s + max(pause_s, left or 0.0) <= hold_s:
        return None
    return StillTraining(
        job_id=w.watch.job_id,
        status=state.status,
        waited_s=w.patience.waited_s + here_s,
        left_s=left,
    )


def _ended(w: _Wait, state: JobState, at: float) -> TunedModel | None:
    watch = w.watch
    if state.absent and cancel_accepted(watch.job_id, client=w.client, ledger=w.ledger):
        # Fireworks ends a job by deleting it.
        state = replace(state, status="cancelled")
    since = at if watch.absent_since is None else watch.absent_since
    if watch.absent >= ABSENT_LOOKS and at - since >= ABSENT_S:
        raise JobUnresolved(
            f"{w.client.name} says again and again that there is no job "
            f"{watch.job_id}: check that the key belongs to the account that made it."
        )
    if state.status in ("failed", "cancelled"):
        settle(w.ledger, state, w.cost_usd(state))
        raise failure(w.client.name, state)
    if state.status != "succeeded":
        return None
    if state.fine_tuned_model and w.client.answers(state.fine_tuned_model):
        # Before the ledger says that it has ended: nobody looks at it after that.
        w.keep(watch.events)
        usd = w.cost_usd(state)
        return settle_model(w.ledger, state, state.fine_tuned_model, usd)
    # It may come hours later, as may the answers: the deadline bounds that, too.
    return None
