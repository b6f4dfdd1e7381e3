"""
Sees to it that every open job is trained, one at a time, and ends.

Knows nothing that is not on disk: after any crash, looking at the folders says
what to do.  A trainer that outlived its server holds the training lock, and is
waited for; a job that says "running" while nobody holds the lock lost its
trainer, and is started again from its last checkpoint.  Training that was
started three times without reaching a further checkpoint has failed.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from pathlib import Path

from suffice.local.file_store import FileStore
from suffice.local.job_store import Job, JobStore, training_lock
from suffice.local.preference_file import parse_preferences
from suffice.local.training_file import MIN_EXAMPLES, BadTrainingFileError, parse

LOG = logging.getLogger(__name__)
MAX_STARTS = 3
STOP_S = 10.0
"""How long a trainer may take to finish its step when the server stops."""


class JobRunner:
    """Watches the jobs under *root* from `start` to `stop`."""

    def __init__(self, root: Path, *, pause_s: float = 0.2) -> None:
        self._root = root
        self._store = JobStore(root)
        self._pause_s = pause_s
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._trainer: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to watch, in a thread."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._watch, name="jobs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; a running job stops too and resumes at the next start."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        if self._trainer is not None:
            self._trainer.terminate()
            try:
                self._trainer.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._trainer.kill()
                self._trainer.wait()

    def _watch(self) -> None:
        while not self._stopping.wait(self._pause_s):
            try:
                self.look()
            except OSError:
                # A full disk, a file deleted just now: the next look may do.
                LOG.exception("Looking after the fine-tuning jobs failed.")

    def look(self) -> None:
        """Look at the folders once and do what is due."""
        jobs = list(reversed(self._store.list()))
        for job in jobs:
            if job["status"] == "validating_files":
                self._validate(job)
        if self._trainer is not None and self._trainer.poll() is None:
            return
        with training_lock(self._root) as free:
            due = self._due(jobs) if free else None
        if due is not None:
            self._train(due["id"])

    def _validate(self, job: Job) -> None:
        for field, least in (
            ("training_file", MIN_EXAMPLES),
            ("validation_file", 1),
        ):
            if job[field] is None:
                continue
            reason = self._refusal(job, field, least)
            if reason is not None:
                message = f"The job failed due to an invalid {field.replace('_', ' ')}."
                self._store.fail(
                    job["id"],
                    f"{message} {reason.message}",
                    code=reason.code,
                    param=field,
                )
                return
        for field in ("training_file", "validation_file"):
            self._keep(job, field)
        self._store.change(job["id"], status="queued")
        self._store.say(job["id"], "Files validated, moving job to queued state")

    def _refusal(self, job: Job, field: str, least: int) -> BadTrainingFileError | None:
        files = FileStore(self._root)
        file = files.get(job[field])
        if file is None:
            return BadTrainingFileError(
                code="invalid_file", message="The file was deleted."
            )
        try:
            text = files.path(file).read_bytes()
            if job["method"]["type"] == "dpo":
                parse_preferences(text, min_examples=least)
            else:
                parse(text, min_examples=least)
        except BadTrainingFileError as refused:
            return refused
        return None

    def _keep(self, job: Job, field: str) -> None:
        """Give the job its own name for the content: the file may be deleted."""
        file = FileStore(self._root).get(job[field]) if job[field] else None
        if file is not None:
            name = self._store.folder(job["id"]) / f"{field}.jsonl"
            name.unlink(missing_ok=True)
            name.hardlink_to(FileStore(self._root).path(file))

    def _due(self, jobs: list[Job]) -> Job | None:
        """The job that lost its trainer, else the oldest that waits."""
        for status in ("running", "queued"):
            for job in jobs:
                now = self._store.get(job["id"])
                if now is not None and now["status"] == status:
                    return now
        return None

    def _train(self, job_id: str) -> None:
        starts = self._store.attempts(job_id) + 1
        log = self._store.folder(job_id) / "train.log"
        if starts > MAX_STARTS:
            reason = f"Training died {MAX_STARTS} times without getting further."
            message = f"{reason} Its last words: {_last_line(log)}"
            self._store.fail(job_id, message, code="training_died", param=None)
            return
        self._store.set_attempts(job_id, starts)
        command = [sys.executable, "-m", "suffice.local.train_job"]
        command += ["--root", str(self._root), "--job", job_id]
        with log.open("ab") as out:
            # A session of its own: Ctrl-C in the terminal stops the server, which
            # then stops training in an orderly way.
            self._trainer = subprocess.Popen(
                command, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )


def _last_line(log: Path) -> str:
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "none."
