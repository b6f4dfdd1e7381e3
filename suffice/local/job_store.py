"""
Fine-tuning jobs on disk, one folder each.

``<root>/jobs/<id>/`` holds::

    job.json          what the API shows; replaced in one step
    end               "succeeded" or "cancelled": whoever creates it first decides
    events.jsonl      appended, oldest first
    attempts          how often training was started without getting further
    checkpoints/      one folder for each epoch, see checkpoint.py

``job.json`` is written by the server until training starts, then by the process
that trains, never by both at once: a lock held while training says whose it is.
Cancelling does not touch it: it creates ``end``, and whoever trains stops at it.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from suffice.files import write_atomically

Job = dict[str, Any]
"""The object OpenAI calls ``fine_tuning.job``."""

TERMINAL = ("succeeded", "failed", "cancelled")
End = Literal["succeeded", "cancelled"]


@dataclass(frozen=True)
class JobStore:
    """The jobs under *root*; reads the disk at every call."""

    root: Path

    def folder(self, job_id: str) -> Path:
        """Where the job of that id lies."""
        return self.root / "jobs" / job_id

    def create(self, job: Job) -> None:
        """Store a new job; it is there from now on, whatever happens."""
        self.folder(job["id"]).mkdir(parents=True)
        self.write(job)

    def write(self, job: Job) -> None:
        """Replace what is stored; only for whoever owns the job now."""
        write_atomically(self.folder(job["id"]) / "job.json", json.dumps(job))

    def change(self, job_id: str, **fields: Any) -> Job:
        """Replace some fields; only for whoever owns the job now."""
        job = {**self._stored(job_id), **fields}
        self.write(job)
        return job

    def get(self, job_id: str) -> Job | None:
        """The job as it is; None where there is none."""
        if not job_id.startswith("ftjob-") or "/" in job_id:
            return None
        try:
            job = self._stored(job_id)
        except FileNotFoundError:
            return None
        if job["status"] not in TERMINAL and self.end(job_id) == "cancelled":
            at = int((self.folder(job_id) / "end").stat().st_mtime)
            job |= {"status": "cancelled", "finished_at": at, "estimated_finish": None}
        return job

    def list(self) -> list[Job]:
        """Every job, newest first."""
        ids = [path.name for path in (self.root / "jobs").glob("ftjob-*")]
        jobs = [job for i in ids if (job := self.get(i)) is not None]
        return sorted(jobs, key=lambda j: (j["created_at"], j["order"]), reverse=True)

    def decide(self, job_id: str, end: End) -> bool:
        """Settle how the job ends; False when it was settled otherwise before."""
        partial = self.folder(job_id) / f".end.{uuid.uuid4().hex}"
        partial.write_text(end, encoding="utf-8")
        try:
            os.link(partial, self.folder(job_id) / "end")
        except FileExistsError:
            return self.end(job_id) == end
        finally:
            partial.unlink()
        return True

    def end(self, job_id: str) -> str | None:
        """How the job was settled to end; None while that is open."""
        try:
            return (self.folder(job_id) / "end").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def fail(self, job_id: str, message: str, *, code: str, param: str | None) -> None:
        """End the job with a reason."""
        error = {"code": code, "message": message, "param": param}
        finished = int(time.time())
        self.change(
            job_id,
            status="failed",
            error=error,
            finished_at=finished,
            estimated_finish=None,
        )
        self.say(job_id, message, level="error")

    def say(
        self, job_id: str, message: str, *, level: str = "info", **data: Any
    ) -> None:
        """Append an event; with *data*, one of type "metrics"."""
        event = {
            "object": "fine_tuning.job.event",
            "id": f"ftevent-{uuid.uuid4().hex[:24]}",
            "created_at": int(time.time()),
            "level": level,
            "message": message,
            "type": "metrics" if data else "message",
            "data": data,
        }
        # One write to the end of the file: two processes never mix lines.
        path = self.folder(job_id) / "events.jsonl"
        with path.open("ab", buffering=0) as file:
            file.write((json.dumps(event) + "\n").encode())

    def events(self, job_id: str) -> Sequence[dict[str, Any]]:
        """What was said, newest first; a line cut short by a crash is left out."""
        path = self.folder(job_id) / "events.jsonl"
        lines = path.read_bytes().splitlines() if path.exists() else []
        events = []
        for line in reversed(lines):
            with suppress(ValueError):
                events.append(json.loads(line))
        return events

    def attempts(self, job_id: str) -> int:
        """How often training was started since it last got further."""
        try:
            return int((self.folder(job_id) / "attempts").read_text())
        except FileNotFoundError:
            return 0

    def set_attempts(self, job_id: str, n: int) -> None:
        """Remember a start, or, with 0, that training got further."""
        write_atomically(self.folder(job_id) / "attempts", str(n))

    def _stored(self, job_id: str) -> Job:
        text = (self.folder(job_id) / "job.json").read_text(encoding="utf-8")
        job: Job = json.loads(text)
        return job


@contextmanager
def training_lock(root: Path) -> Iterator[bool]:
    """
    True while this process alone may train under *root*, else False.

    The kernel frees the lock when its holder dies, however it dies.
    """
    (root / "jobs").mkdir(parents=True, exist_ok=True)
    with (root / "jobs" / "training.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
