"""
The process that trains one job: ``python -m suffice.local.train_job``.

Holds the training lock while it lives, writes what the job's folder shows, and
ends the job.  Told to stop (SIGTERM), it leaves the job running for the next
process; told to cancel (the file ``end``), it leaves at once.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

# Before torch is imported: one thread a product, several products at once.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import torch

from suffice.errors import EnvironmentFailed
from suffice.local.adapt import Pupil, go_on, prepare
from suffice.local.checkpoints import (
    Checkpoint,
    checkpoint_folder,
    checkpoint_model,
    kept_of,
    read_checkpoints,
)
from suffice.local.job_report import JobReport
from suffice.local.job_request import base_of, model_name, recipe_of, shown_recipe
from suffice.local.job_store import Job, JobStore, training_lock
from suffice.local.learner import Aim, Learner, n_cores, supervised
from suffice.local.memory import give_back, reuse_large_pieces
from suffice.local.merge import publish
from suffice.local.model_store import StoredModel
from suffice.local.preferring import Pair, Preferring
from suffice.local.recipe import AUTO_BETA, Recipe
from suffice.local.starts import adapter_folder
from suffice.local.trainer import Lesson, StoppedError, train
from suffice.local.training_data import read_pairs, read_samples
from suffice.local.training_file import MIN_EXAMPLES, BadTrainingFileError
from suffice.local.weights import BASES, base_folder

LOCKED = 75
"""Exit status when another process is training (EX_TEMPFAIL)."""


def run(root: Path, job_id: str, told_to_stop: Callable[[], bool]) -> None:
    """Train the job of that id and end it, or leave it to be continued."""
    store = JobStore(root)
    job = store.get(job_id)
    if job is None or job["status"] not in ("queued", "running"):
        return

    def stopping() -> bool:
        return told_to_stop() or store.end(job_id) == "cancelled"

    try:
        _train(root, store, job, stopping)
    except StoppedError:
        if store.end(job_id) is None:
            store.set_attempts(job_id, 0)
    except BadTrainingFileError as refused:
        message = f"The job failed due to an invalid training file. {refused.message}"
        store.fail(job_id, message, code=refused.code, param="training_file")
    except (EnvironmentFailed, MemoryError, FloatingPointError) as error:
        store.fail(job_id, str(error), code="training_failed", param=None)


def _train(root: Path, store: JobStore, job: Job, stopping: Callable[[], bool]) -> None:
    folder = store.folder(job["id"])
    if job["status"] == "queued":
        store.change(job["id"], status="running")
        store.say(job["id"], "Fine-tuning job started")
    torch.set_num_threads(1)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    pupil = prepare(
        base_folder(root, base_of(job)) / "hf", recipe_of(job), job["seed"], device
    )
    if job["model"] != base_of(job):
        go_on(pupil, adapter_folder(root, job["model"]))
    lesson = _lesson(folder, job, pupil)
    store.change(job["id"], **shown_recipe(lesson.recipe))
    report = JobReport(store, job["id"], lesson)
    workers = n_cores() if device == "cpu" else 1
    learner = Learner(pupil, device, workers, _aim(lesson.recipe))
    chosen = train(learner, _begun(lesson, learner), folder, report, stopping)
    learner.close()
    del learner, pupil
    give_back()
    _finish(root, store, report, chosen, job["id"])


def _lesson(folder: Path, job: Job, pupil: Pupil) -> Lesson:
    recipe = recipe_of(job)
    read = partial(
        read_pairs if recipe.objective == "dpo" else read_samples,
        tokenizer=pupil.tokenizer,
        context_tokens=BASES[base_of(job)].context_tokens,
    )
    samples = read(folder / "training_file.jsonl", min_examples=MIN_EXAMPLES)
    valid = folder / "validation_file.jsonl"
    return Lesson(
        samples=samples,
        valid=read(valid, min_examples=1) if valid.exists() else [],
        recipe=recipe.resolved(len(samples)),
        seed=job["seed"],
    )


def _aim(recipe: Recipe) -> Aim:
    dpo = recipe.objective == "dpo"
    return Preferring(recipe.beta or AUTO_BETA) if dpo else supervised


def _begun(lesson: Lesson, learner: Learner) -> Lesson:
    """With what the model said of each pair before it learned anything."""
    if lesson.recipe.objective == "supervised":
        return lesson
    samples, valid = (
        learner.beginning(cast(Sequence[Pair], part))
        for part in (lesson.samples, lesson.valid)
    )
    return replace(lesson, samples=samples, valid=valid)


def _finish(
    root: Path, store: JobStore, report: JobReport, chosen: Checkpoint, job_id: str
) -> None:
    """Make the models, then say so; a cancellation until then wins."""
    known = read_checkpoints(store.folder(job_id))
    if not store.decide(job_id, "succeeded"):
        return
    job = store.change(job_id, trained_tokens=known[-1].trained_tokens)
    epochs = recipe_of(job).n_epochs or 0
    if known[-1].epoch < epochs:
        text = f"Stopped early after epoch {known[-1].epoch}/{epochs}: the validation "
        store.say(job_id, text + f"loss was least after epoch {chosen.epoch}")
    job["chosen_step"] = chosen.step
    for checkpoint in kept_of(known):
        _publish(root, store, job, checkpoint)
    store.say(job_id, f"New fine-tuned model created: {model_name(job)}")
    store.change(
        job_id,
        status="succeeded",
        fine_tuned_model=model_name(job),
        chosen_step=chosen.step,
        finished_at=int(time.time()),
        estimated_finish=None,
        cpu_s=report.cpu_s(),
    )
    store.say(job_id, "The job has successfully completed")


def _publish(root: Path, store: JobStore, job: Job, checkpoint: Checkpoint) -> None:
    folder = checkpoint_folder(store.folder(job["id"]), checkpoint.step)
    model = StoredModel(
        id=checkpoint_model(job, checkpoint),
        base=base_of(job),
        created=int(time.time()),
        job=job["id"],
    )
    publish(root, model, folder / "weights.pt", recipe_of(job))


def main() -> int:
    """Train the job named on the command line; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m suffice.local.train_job")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--job", required=True)
    chosen = parser.parse_args()
    # As much as there is: this process ends with its job.
    reuse_large_pieces(kept_mb=2047)
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    with training_lock(chosen.root) as free:
        if not free:
            return LOCKED
        run(chosen.root, chosen.job, lambda: bool(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
