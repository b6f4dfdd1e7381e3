"""What a wait has seen of its job, and how it tells: journal, whoever listens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from suffice.journal import Journal
from suffice.tuning.job import JobEvent, JobState
from suffice.tuning.patience import left_s


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a job has come, for those who watch."""

    job_id: str
    status: str
    """As the provider says it; ``stalled`` while it is silent for too long."""
    step: int | None = None
    total_steps: int | None = None
    loss: float | None = None
    valid_loss: float | None = None
    left_s: float | None = None
    """Seconds the job says it still takes."""
    note: str = ""

    @property
    def percent(self) -> float:
        """0 to 100; 0 while no step is known.  A job that has ended early is done."""
        if self.status == "succeeded":
            return 100.0
        if not self.step or not self.total_steps:
            return 0.0
        return min(100.0, 100.0 * self.step / self.total_steps)

    @property
    def sentence(self) -> str:
        """
        All of it in a line.

        >>> Progress(job_id="j", status="running", step=3, total_steps=9).sentence
        'j: running, step 3 of 9'
        """
        told = [f"{self.job_id}: {self.status}"]
        if self.step is not None:
            told.append(f"step {self.step} of {self.total_steps or '?'}")
        if self.loss is not None:
            told.append(f"loss {self.loss:.3f}")
        if self.valid_loss is not None:
            told.append(f"validation loss {self.valid_loss:.3f}")
        if self.left_s is not None:
            told.append(f"about {self.left_s / 60:.0f} min left")
        return ", ".join([*told, self.note] if self.note else told)


Tell = Callable[[Progress], None]


@dataclass(kw_only=True)
class Watch:
    """What one wait has seen so far; tells each thing once."""

    job_id: str
    journal: Journal
    tell: Tell = lambda _: None
    events: list[JobEvent] = field(default_factory=list)
    """All of them, oldest first: the loss curve is in them."""
    absent: int = 0
    """Looks in a row that said "no such job"."""
    absent_since: float | None = None
    status: str = ""

    @property
    def last_event(self) -> str | None:
        return self.events[-1].id if self.events else None

    def take(self, state: JobState, at: float, now: float) -> None:
        """Learn from a look at *at* (monotonic) and *now* (seconds since 1970)."""
        self.absent = self.absent + 1 if state.absent else 0
        if not state.absent:
            self.absent_since = None
        elif self.absent_since is None:
            self.absent_since = at
        changed = state.status != self.status
        if changed:
            self.status = state.status
            self.journal.write(
                "job", id=self.job_id, status=state.status, note=state.note
            )
        for event in state.events:
            self._journal(event, state.estimated_finish)
        self.events += state.events
        if changed or state.events:
            self.tell(self.progress(state, now))

    def stall(self, state: JobState, now: float) -> None:
        """Tell that the job shows no progress; it has not failed, and is followed."""
        why = "no progress for longer than its own estimate allows; still following it"
        self.journal.write("job", id=self.job_id, status="stalled", note=why)
        self.tell(self.progress(state, now, status="stalled", note=why))

    def progress(
        self, state: JobState, now: float, *, status: str = "", note: str = ""
    ) -> Progress:
        """How far it has come."""
        steps = [event for event in self.events if event.step is not None]
        valid = [e.valid_loss for e in steps if e.valid_loss is not None]
        losses = [e.loss for e in steps if e.loss is not None]
        return Progress(
            job_id=self.job_id,
            status=status or state.status,
            step=steps[-1].step if steps else None,
            total_steps=steps[-1].total_steps if steps else None,
            loss=losses[-1] if losses else None,
            valid_loss=valid[-1] if valid else None,
            left_s=None if state.ended else left_s(state, now),
            note=note or state.note,
        )

    def _journal(self, event: JobEvent, estimated_finish: int | None) -> None:
        if event.step is None:
            self.journal.write("note", rung="fine-tuned", text=event.message)
            return
        self.journal.write(
            "progress",
            rung="fine-tuned",
            done=event.step,
            total=event.total_steps,
            loss=event.loss,
            valid_loss=event.valid_loss,
            estimated_finish=estimated_finish,
        )
