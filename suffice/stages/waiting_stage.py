"""
Waits for the jobs of a climb: for one, or for several that train side by side.

Several are waited for once: while one goes on the others are looked at, so that what
has ended stands in the ledger, whenever whoever waits is wanted for something else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace

from suffice.brief import Brief
from suffice.errors import SufficeError
from suffice.stages import cancel_stage, kept_curves
from suffice.stages.climb import Climb, ledger_of
from suffice.stages.connect import connect_tuning
from suffice.stages.left_out import left_out
from suffice.stages.table import prices, today
from suffice.stages.training_cost import training_usd
from suffice.tuning.following import Patience, StillTraining, wait_a_while
from suffice.tuning.job import Clock, JobState, TunedModel
from suffice.tuning.ledger import Ledger
from suffice.tuning.settling import entry_of, known_model
from suffice.tuning.watching import Progress, Tell


def _to_nobody(name: str) -> Tell:
    del name

    def hear_nothing(progress: Progress) -> None:
        del progress

    return hear_nothing


@dataclass(frozen=True, kw_only=True)
class Seat:
    """Whose time is spent on waiting, and who listens."""

    hold_s: float | None = None
    """Seconds for which the process may be held; ``None``: until all jobs end."""
    waited_s: Mapping[str, float] = field(default_factory=dict)
    """Seconds that processes before this one have waited, by job."""
    run_id: str = ""
    """The flow run that waits; cancelling it may cancel the jobs."""
    tell: Callable[[str], Tell] = _to_nobody
    """Who listens to a job, given what the job is called."""

    def after(self, took_s: float, *, over: bool) -> Seat:
        """The seat for the next job; *over*: it may be looked at, not waited for."""
        if self.hold_s is None:
            return self
        return replace(self, hold_s=0.0 if over else max(0.0, self.hold_s - took_s))


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How jobs that were waited for together have ended, by what they are called."""

    models: Mapping[str, TunedModel] = field(default_factory=dict)
    errors: Mapping[str, SufficeError] = field(default_factory=dict)
    """Why the others gave no model."""

    def model(self, name: str) -> TunedModel:
        """The model of one job. Raises the error of one that gave none."""
        if name in self.errors:
            raise self.errors[name]
        return self.models[name]


@dataclass(frozen=True, kw_only=True)
class Later:
    """Some jobs go on, and whoever waited is wanted for something else."""

    jobs: tuple[StillTraining, ...]
    """Those that go on; the first is the one that was waited for."""
    waited_s: Mapping[str, float]
    """Seconds waited so far, by all processes, for each job that gave no model yet."""

    @property
    def left_s(self) -> float | None:
        """Seconds until the last one ends; ``None``: one of them did not say."""
        left = [job.left_s for job in self.jobs]
        return None if None in left else max(s for s in left if s is not None)


def follow_all(climb: Climb, jobs: Mapping[str, str], seat: Seat) -> Ended | Later:
    """
    How each of *jobs* (ids by name) has ended, or that one at least goes on.

    None that fails ends the waiting for the others.  The deadline holds for each: only
    time in which it was the one waited for is counted.
    """
    clock, here = Clock(), seat
    models: dict[str, TunedModel] = {}
    errors: dict[str, SufficeError] = {}
    still: list[StillTraining] = []
    waited_s: dict[str, float] = {}
    for job_id in jobs.values():
        cancel_stage.note_waiting(climb, job_id, seat.run_id)
    for name, job_id in jobs.items():
        begun = clock.monotonic()
        try:
            ended = _follow(climb, job_id, name, here)
        except SufficeError as error:
            errors[name] = error
        else:
            if isinstance(ended, TunedModel):
                models[name] = ended
            else:
                still.append(ended)
        took_s = clock.monotonic() - begun
        if name not in models:
            waited_s[job_id] = seat.waited_s.get(job_id, 0.0) + took_s
        here = here.after(took_s, over=bool(still))
    if still:
        return Later(jobs=tuple(still), waited_s=waited_s)
    return Ended(models=models, errors=errors)


def _follow(
    climb: Climb, job_id: str, name: str, seat: Seat
) -> TunedModel | StillTraining:
    """The finished model, or that it goes on when the seat is wanted by others."""
    brief = climb.brief
    with (
        closing(connect_tuning(brief)) as client,
        Ledger(ledger_of(brief)) as ledger,
    ):
        before = known_model(ledger, job_id)
        tuned = wait_a_while(
            job_id,
            client=client,
            ledger=ledger,
            patience=_patience(brief, seat, job_id),
            cost_usd=lambda state: _cost_usd(climb, state),
            journal=climb.journal,
            tell=seat.tell(name),
            keep=lambda events: kept_curves.keep(climb.folder, job_id, name, events),
        )
        if isinstance(tuned, StillTraining):
            return tuned
        less = left_out(climb, tuned, entry_of(ledger, job_id))
    _tell(climb, tuned, known=before is not None, less=less)
    return tuned


def _tell(climb: Climb, tuned: TunedModel, *, known: bool, less: str | None) -> None:
    took = "" if tuned.train_s is None else f" in {tuned.train_s:.0f} s"
    told = f"trained {tuned.model}{took}"
    if known:
        told = f"{tuned.model} was trained by an earlier run; nothing more is paid"
    climb.journal.write("done", rung="", text=told)
    if less is not None:
        climb.journal.write("done", rung="", text=f"warning: {less}")


def _patience(brief: Brief, seat: Seat, job_id: str) -> Patience:
    return Patience(
        poll_s=brief.tuning.poll_s,
        deadline_s=brief.tuning.deadline_s,
        silence_s=brief.tuning.waiting.silence_s,
        hold_s=seat.hold_s,
        waited_s=seat.waited_s.get(job_id, 0.0),
    )


def _cost_usd(climb: Climb, state: JobState) -> float | None:
    if state.usd is not None:
        return state.usd
    price = prices(climb.brief).price(climb.brief.models.tunable or "", today())
    return training_usd(price, state.trained_tokens, state.cpu_s)
