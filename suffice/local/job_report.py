"""Tells the job's folder, and so the API, how training goes."""

from __future__ import annotations

import time
from typing import Any

from suffice.local.checkpoints import Checkpoint, accuracy_of, shown_metrics
from suffice.local.job_store import JobStore
from suffice.local.learner import Tally
from suffice.local.trainer import Lesson

EVENT_S = 1.0
"""Least time between two metrics events, the first and the last step apart."""
PUBLISHING_S = 15.0
"""What merging and converting take at the end, for the estimate."""


class JobReport:
    """Writes events for steps and epochs, the estimate and the CPU time spent."""

    def __init__(self, store: JobStore, job_id: str, lesson: Lesson) -> None:
        self._store = store
        self._job_id = job_id
        self._lesson = lesson
        job = store.get(job_id) or {}
        self._cpu_s_before = float(job.get("cpu_s", 0.0))
        self._first: tuple[int, float] | None = None
        self._said_at = 0.0
        self._accuracy = accuracy_of(lesson.recipe.objective)

    def step(self, step: int, n_steps: int, tally: Tally) -> None:
        """A metrics event, unless there was one just now."""
        now = time.monotonic()
        if now - self._said_at < EVENT_S and step != n_steps:
            return
        self._said_at = now
        metrics: dict[str, Any] = {
            "step": step,
            "total_steps": n_steps,
            "train_loss": round(tally.mean_loss, 6),
            f"train_{self._accuracy}": round(tally.accuracy, 6),
        }
        self._store.say(
            self._job_id,
            f"Step {step}/{n_steps}: training loss={tally.mean_loss:.2f}",
            **metrics,
        )
        self._estimate(step, n_steps, now)

    def epoch(self, checkpoint: Checkpoint) -> None:
        """The epoch's metrics; the job got further, so earlier deaths are forgiven."""
        self._store.set_attempts(self._job_id, 0)
        metrics: dict[str, Any] = {
            "step": checkpoint.step,
            "total_steps": self._lesson.n_steps,
            **shown_metrics(checkpoint, self._lesson.recipe.objective),
        }
        said = f"Epoch {checkpoint.epoch}/{self._lesson.recipe.n_epochs}: "
        said += f"training loss={checkpoint.train_loss:.2f}"
        if checkpoint.valid_loss is not None:
            said += f", full validation loss={checkpoint.valid_loss:.2f}"
        self._store.say(self._job_id, said, **metrics)
        self._store.change(self._job_id, cpu_s=self.cpu_s())

    def cpu_s(self) -> float:
        """CPU-seconds spent on the job by this process and those before it."""
        return round(self._cpu_s_before + time.process_time(), 3)

    def _estimate(self, step: int, n_steps: int, now: float) -> None:
        if self._first is None:
            self._first = (step, now)
        first_step, then = self._first
        if step > first_step:
            left_s = (now - then) / (step - first_step) * (n_steps - step)
            finish = int(time.time() + left_s + PUBLISHING_S)
            self._store.change(self._job_id, estimated_finish=finish)
