"""
The checkpoints of a job: one folder for each finished epoch.

``<job>/checkpoints/<step>/`` holds::

    weights.pt         what is trained, by name
    optimizer.pt       only in the newest, and not in that of the last epoch
    checkpoint.json    written last, so its existence means the rest is complete

Weights are kept of the last two epochs and of the one with the least validation
loss: those are served, or continued from.  What the others measured stays.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from suffice.files import write_atomically
from suffice.local.job_request import model_name
from suffice.local.job_store import Job, JobStore


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """Where training stood at the end of an epoch."""

    epoch: int
    """Counted from 1."""
    step: int
    created_at: int
    train_loss: float
    """Mean cross-entropy of the epoch's learned tokens, in nats."""
    train_accuracy: float
    """Share of learned tokens that the model ranked first, 0 to 1."""
    valid_loss: float | None
    """On the whole validation file; None where there is none."""
    valid_accuracy: float | None
    trained_tokens: int
    """Tokens seen since the job began, every epoch counted."""


def read_checkpoints(job_folder: Path) -> list[Checkpoint]:
    """The complete checkpoints, oldest first."""
    found = (job_folder / "checkpoints").glob("*/checkpoint.json")
    records = [json.loads(path.read_text(encoding="utf-8")) for path in found]
    return sorted((Checkpoint(**r) for r in records), key=lambda c: c.step)


def checkpoint_folder(job_folder: Path, step: int) -> Path:
    """Where the checkpoint of that step lies."""
    return job_folder / "checkpoints" / str(step)


def begin(job_folder: Path, step: int) -> Path:
    """An empty folder for the checkpoint of that step."""
    folder = checkpoint_folder(job_folder, step)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def complete(job_folder: Path, checkpoint: Checkpoint) -> None:
    """Declare the checkpoint complete, and let go of what it makes needless."""
    folder = checkpoint_folder(job_folder, checkpoint.step)
    write_atomically(folder / "checkpoint.json", json.dumps(asdict(checkpoint)))
    known = read_checkpoints(job_folder)
    kept = {c.step for c in kept_of(known)}
    for other in known[:-1]:
        folder = checkpoint_folder(job_folder, other.step)
        (folder / "optimizer.pt").unlink(missing_ok=True)
        if other.step not in kept:
            (folder / "weights.pt").unlink(missing_ok=True)


def kept_of(known: Sequence[Checkpoint]) -> list[Checkpoint]:
    """Those whose weights are kept, oldest first."""
    kept = {c.step: c for c in (best(known), *known[-2:])}
    return sorted(kept.values(), key=lambda c: c.step)


def best(known: Sequence[Checkpoint]) -> Checkpoint:
    """The one of least validation loss; the last where nothing was validated."""
    judged = [c for c in known if c.valid_loss is not None]
    return min(judged, key=lambda c: c.valid_loss or 0.0) if judged else known[-1]


def shown_checkpoints(store: JobStore, job: Job) -> list[dict[str, Any]]:
    """The checkpoints as the API shows them, newest first."""
    known = read_checkpoints(store.folder(job["id"]))
    return [_shown(c, job) for c in reversed(known)]


def checkpoint_model(job: Job, checkpoint: Checkpoint) -> str:
    """The model a checkpoint is served as; the chosen one is the job's own."""
    if job.get("chosen_step") == checkpoint.step:
        return model_name(job)
    return f"{model_name(job)}:ckpt-step-{checkpoint.step}"


def shown_metrics(checkpoint: Checkpoint, objective: str) -> dict[str, float]:
    """What was measured, under the names OpenAI gives it; pairs have their own."""
    of = accuracy_of(objective)
    found = {
        "train_loss": checkpoint.train_loss,
        f"train_{of}": checkpoint.train_accuracy,
        "full_valid_loss": checkpoint.valid_loss,
        f"full_valid_{of}": checkpoint.valid_accuracy,
    }
    return {name: value for name, value in found.items() if value is not None}


def accuracy_of(objective: str) -> str:
    """What accuracy means where that is learned."""
    return "preference_accuracy" if objective == "dpo" else "mean_token_accuracy"


def _shown(checkpoint: Checkpoint, job: Job) -> dict[str, Any]:
    metrics = shown_metrics(checkpoint, job["method"]["type"])
    return {
        "object": "fine_tuning.job.checkpoint",
        "id": f"ftckpt_{job['id'].removeprefix('ftjob-')}{checkpoint.step:06d}",
        "created_at": checkpoint.created_at,
        "fine_tuned_model_checkpoint": checkpoint_model(job, checkpoint),
        "fine_tuning_job_id": job["id"],
        "metrics": {"step": checkpoint.step, **metrics},
        "step_number": checkpoint.step,
    }
