"""
The training loop: epochs, batches, the learning rate, checkpoints.

What comes next is a function of the seed and the step alone, so training that
was interrupted goes on from its last checkpoint as if nothing had happened.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

from suffice.local.batches import Item, plan
from suffice.local.checkpoints import (
    Checkpoint,
    begin,
    best,
    checkpoint_folder,
    complete,
    read_checkpoints,
)
from suffice.local.learner import Learner, Tally
from suffice.local.recipe import Recipe

WARM_UP = 0.05
"""Share of the steps over which the learning rate rises."""
PATIENCE = 2
"""Epochs without a lower validation loss after which early stopping ends."""


class StoppedError(Exception):
    """Training was told to stop."""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What is to be learned, and how."""

    samples: Sequence[Item]
    valid: Sequence[Item]
    recipe: Recipe
    """With every "auto" resolved."""
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps in one epoch."""
        size = self.recipe.batch_size or 1
        return -(-len(self.samples) // size)

    @property
    def n_steps(self) -> int:
        """Optimiser steps in all."""
        return self.steps_per_epoch * (self.recipe.n_epochs or 1)

    @property
    def epoch_tokens(self) -> int:
        """Tokens in one epoch, prompts included."""
        return sum(len(sample.ids) for sample in self.samples)


class Report(Protocol):
    """Who is told how it goes."""

    def step(self, step: int, n_steps: int, tally: Tally) -> None:
        """One step was made."""

    def epoch(self, checkpoint: Checkpoint) -> None:
        """One epoch was made, and is safe on disk."""


def train(
    learner: Learner,
    lesson: Lesson,
    job_folder: Path,
    report: Report,
    stopping: Callable[[], bool],
) -> Checkpoint:
    """
    Train to the end, from the last checkpoint in *job_folder* if there is one.

    Returns the checkpoint to use: the last, or the best with early stopping.
    Raises StoppedError within a step of *stopping* becoming true, and
    FloatingPointError when the loss is no longer a number.
    """
    n_epochs = lesson.recipe.n_epochs or 1
    last = _resume(learner, job_folder, n_epochs)
    while (last is None or last.epoch < n_epochs) and not _is_over(lesson, job_folder):
        tally = _epoch(learner, lesson, last, report, stopping)
        judged = learner.evaluate(lesson.valid)
        last = _record(lesson, last, tally, judged)
        _save(learner, last, job_folder, goes_on=last.epoch < n_epochs)
        report.epoch(last)
    known = read_checkpoints(job_folder)
    return best(known) if lesson.recipe.early_stopping else known[-1]


def learning_rate(peak: float, step: int, n_steps: int) -> float:
    """
    The rate at *step*, counted from 0: up over the first steps, then down to 0.

    >>> [learning_rate(1.0, step, 41) for step in (0, 1, 21, 41)]
    [0.5, 1.0, 0.5, 0.0]
    """
    warm = max(1, round(WARM_UP * n_steps))
    if step < warm:
        return peak * (step + 1) / warm
    return peak * (n_steps - step) / (n_steps - warm + 1)


def _epoch(
    learner: Learner,
    lesson: Lesson,
    last: Checkpoint | None,
    report: Report,
    stopping: Callable[[], bool],
) -> Tally:
    number, step = (last.epoch, last.step) if last else (0, 0)
    rng = random.Random(f"{lesson.seed}:{number}")
    total = Tally()
    for batch in plan(lesson.samples, lesson.recipe.batch_size or 1, rng):
        if stopping():
            raise StoppedError
        rate = learning_rate(lesson.recipe.learning_rate, step, lesson.n_steps)
        tally = learner.step(lesson.samples, batch, rate)
        total, step = total + tally, step + 1
        if not math.isfinite(tally.loss):
            raise FloatingPointError(
                f"The loss became {tally.loss} at step {step}: use a smaller "
                "learning_rate_multiplier."
            )
        report.step(step, lesson.n_steps, tally)
    return total


def _record(
    lesson: Lesson, last: Checkpoint | None, tally: Tally, judged: Tally
) -> Checkpoint:
    return Checkpoint(
        epoch=(last.epoch if last else 0) + 1,
        step=(last.step if last else 0) + lesson.steps_per_epoch,
        created_at=int(time.time()),
        train_loss=round(tally.mean_loss, 6),
        train_accuracy=round(tally.accuracy, 6),
        valid_loss=round(judged.mean_loss, 6) if lesson.valid else None,
        valid_accuracy=round(judged.accuracy, 6) if lesson.valid else None,
        trained_tokens=(last.trained_tokens if last else 0) + lesson.epoch_tokens,
    )


def _is_over(lesson: Lesson, job_folder: Path) -> bool:
    """Whether early stopping is asked for and the validation loss falls no more."""
    if not lesson.recipe.early_stopping:
        return False
    known = read_checkpoints(job_folder)
    judged = bool(known) and known[-1].valid_loss is not None
    return judged and known[-1].epoch - best(known).epoch >= PATIENCE


def _save(
    learner: Learner, checkpoint: Checkpoint, job_folder: Path, *, goes_on: bool
) -> None:
    folder = begin(job_folder, checkpoint.step)
    weights, optimizer = learner.state()
    torch.save({n: w.detach().cpu() for n, w in weights.items()}, folder / "weights.pt")
    if goes_on:
        # Twice as much as the weights, and of no use after the last epoch.
        torch.save(optimizer, folder / "optimizer.pt")
    complete(job_folder, checkpoint)


def _resume(learner: Learner, job_folder: Path, n_epochs: int) -> Checkpoint | None:
    known = read_checkpoints(job_folder)
    if not known:
        return None
    if known[-1].epoch >= n_epochs:
        return known[-1]
    folder = checkpoint_folder(job_folder, known[-1].step)
    weights = torch.load(folder / "weights.pt", weights_only=True)
    learner.restore(weights, torch.load(folder / "optimizer.pt", weights_only=True))
    return known[-1]
