"""
How fast the embedded trainer is beside plain ``transformers.Trainer``.

    python -m benchmarks.train_speed --root .suffice/local --examples 96

Both train the same adapters on the same examples with the same batch size,
learning rate and number of epochs, one after the other, each in a process of its
own.  Prints, for each: seconds of training, tokens a second, CPU-seconds, peak
memory, and the loss on held-out examples.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from suffice.local.batches import Sample
from suffice.local.recipe import Recipe
from suffice.local.weights import BASES, base_folder_apart

WAYS = ("embedded", "half", "trainer")
DATA = Path("examples/support/train.jsonl")
BASE = next(iter(BASES))
LAST_LAYERS = 15


def main() -> None:
    """Run every way, or the one of ``--only``, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train_speed")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument(
        "--data", type=Path, default=Path("examples/support/train.jsonl")
    )
    parser.add_argument("--examples", type=int, default=96)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--only", choices=WAYS)
    asked = parser.parse_args()
    if asked.only:
        print(json.dumps(_measure(asked)))
        return
    base_folder_apart(asked.root, BASE)
    print("| trainer | s | tokens/s | CPU-s | peak GB | held-out loss |")
    print("| --- | --- | --- | --- | --- | --- |")
    for way in WAYS:
        command = [sys.executable, "-m", "benchmarks.train_speed", *sys.argv[1:]]
        run = subprocess.run(
            [*command, "--only", way], check=True, capture_output=True, text=True
        )
        row = json.loads(run.stdout.splitlines()[-1])
        print(
            "| " + " | ".join(str(value) for value in row.values()) + " |", flush=True
        )
    print(f"\n{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")


def _measure(asked: argparse.Namespace) -> dict[str, Any]:
    way = _plain if asked.only == "trainer" else _embedded
    return {"way": asked.only, **way(asked)}


def _embedded(asked: argparse.Namespace) -> dict[str, Any]:
    os.environ["OMP_NUM_THREADS"] = "1"
    import torch

    from suffice.local.adapt import prepare
    from suffice.local.learner import Learner, n_cores
    from suffice.local.trainer import Lesson, train

    torch.set_num_threads(1)
    recipe = Recipe(
        n_epochs=asked.epochs,
        batch_size=8,
        first_layer=30 - LAST_LAYERS if asked.only == "half" else 0,
    )
    pupil = prepare(asked.root / "bases" / BASE / "hf", recipe, 1, "cpu")
    samples, held_out = _samples(asked, pupil.tokenizer)
    learner = Learner(pupil, "cpu", n_cores())
    lesson = Lesson(samples=samples, valid=[], recipe=recipe, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        run = _timed(
            lambda: train(learner, lesson, Path(folder), _Silence(), lambda: False),
            lesson.epoch_tokens * asked.epochs,
        )
    return {**run, "loss": round(learner.evaluate(held_out).mean_loss, 4)}


def _plain(asked: argparse.Namespace) -> dict[str, Any]:
    import torch
    from transformers import Trainer, TrainingArguments

    from suffice.local.adapt import with_adapters
    from suffice.local.weights import load_torch

    torch.manual_seed(1)
    model: Any
    model, tokenizer = load_torch(asked.root / "bases" / BASE / "hf")
    samples, held_out = _samples(asked, tokenizer)
    with tempfile.TemporaryDirectory() as folder:
        settings = TrainingArguments(
            output_dir=folder,
            num_train_epochs=asked.epochs,
            per_device_train_batch_size=8,
            per_device_eval_batch_size=8,
            learning_rate=Recipe().learning_rate,
            warmup_steps=1,
            seed=1,
            save_strategy="no",
            report_to=[],
            remove_unused_columns=False,
            use_cpu=True,
            disable_tqdm=True,
        )
        trainer = Trainer(
            model=with_adapters(model, Recipe()),
            args=settings,
            train_dataset=_rows(samples),
            eval_dataset=_rows(held_out),
            data_collator=_padded,
        )
        n_tokens = sum(len(s.ids) for s in samples) * asked.epochs
        run = _timed(trainer.train, n_tokens)
        loss = trainer.evaluate()["eval_loss"]
    return {**run, "loss": round(loss, 4)}


def _samples(asked: argparse.Namespace, tokenizer: Any) -> tuple[list[Sample], ...]:
    from suffice.local.training_data import sample

    lines = asked.data.read_text(encoding="utf-8").splitlines()
    made = [sample(json.loads(line)["messages"], tokenizer) for line in lines]
    return made[: asked.examples], made[asked.examples :][:48]


def _timed(work: Callable[[], object], n_tokens: int) -> dict[str, Any]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {
        "s": round(wall, 1),
        "tokens_per_s": round(n_tokens / wall),
        "cpu_s": round(cpu, 1),
        "peak_gb": round(peak, 2),
    }


def _rows(samples: Sequence[Sample]) -> Any:
    return [
        {
            "ids": s.ids,
            "labels": [i if k else -100 for i, k in zip(s.ids, s.learned, strict=True)],
        }
        for s in samples
    ]


def _padded(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    import torch

    width = max(len(row["ids"]) for row in rows)

    def pad(values: Sequence[int], filler: int) -> list[int]:
        return [*values, *[filler] * (width - len(values))]

    return {
        "input_ids": torch.tensor([pad(row["ids"], 2) for row in rows]),
        "labels": torch.tensor([pad(row["labels"], -100) for row in rows]),
        "attention_mask": torch.tensor([pad([1] * len(row["ids"]), 0) for row in rows]),
    }


class _Silence:
    def step(self, *_: object) -> None:
        """Says nothing."""

    def epoch(self, *_: object) -> None:
        """Says nothing."""


if __name__ == "__main__":
    main()
