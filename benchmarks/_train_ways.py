"""The ways of training that `benchmarks.train_speed` compares, each in this process."""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from suffice.local.batches import Sample
from suffice.local.recipe import Recipe
from suffice.local.weights import BASES

BASE = next(iter(BASES))
LAST_LAYERS = 15
Row = Mapping[str, float]


def measure(asked: argparse.Namespace) -> Row:
    """Train the way of ``--only``, in this process."""
    way = _plain if asked.only.startswith("trainer") else _embedded
    return way(asked, asked.seeds[0])


def _recipe(asked: argparse.Namespace) -> Recipe:
    method = asked.only.removeprefix("trainer-")
    return Recipe(
        n_epochs=asked.epochs,
        batch_size=8,
        method="lora" if method == "half" else method,
        first_layer=30 - LAST_LAYERS if method == "half" else 0,
    )


def _embedded(asked: argparse.Namespace, seed: int) -> Row:
    os.environ["OMP_NUM_THREADS"] = "1"
    import torch

    from suffice.local.adapt import prepare
    from suffice.local.learner import Learner, n_cores
    from suffice.local.memory import reuse_large_pieces
    from suffice.local.trainer import Lesson, train

    reuse_large_pieces(kept_mb=2047)
    torch.set_num_threads(1)
    recipe = _recipe(asked)
    pupil = prepare(asked.root / "bases" / BASE / "hf", recipe, seed, "cpu")
    samples, held_out = _samples(asked, pupil.tokenizer)
    learner = Learner(pupil, "cpu", n_cores())
    lesson = Lesson(samples=samples, valid=[], recipe=recipe, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        run = _timed(
            lambda: train(learner, lesson, Path(folder), _Silence(), lambda: False),
            lesson.epoch_tokens * asked.epochs,
        )
    return {**run, "loss": round(learner.evaluate(held_out).mean_loss, 4)}


def _plain(asked: argparse.Namespace, seed: int) -> Row:
    import torch
    from transformers import Trainer, TrainingArguments

    from suffice.local.weights import load_torch

    torch.manual_seed(seed)
    recipe = _recipe(asked)
    model, tokenizer = load_torch(asked.root / "bases" / BASE / "hf")
    samples, held_out = _samples(asked, tokenizer)
    with tempfile.TemporaryDirectory() as folder:
        settings = TrainingArguments(
            output_dir=folder,
            num_train_epochs=asked.epochs,
            per_device_train_batch_size=8,
            learning_rate=recipe.learning_rate,
            # Ours begins at the peak, too, where there are few steps.
            warmup_steps=0,
            seed=seed,
            # As ours does: what was learned and the optimiser, so that it can go on.
            save_strategy="epoch",
            report_to=[],
            remove_unused_columns=False,
            use_cpu=True,
            disable_tqdm=True,
        )
        trainer = Trainer(
            model=_learning(model, recipe),
            args=settings,
            train_dataset=_rows(samples),
            data_collator=_padded,
        )
        n_tokens = sum(len(s.ids) for s in samples) * asked.epochs
        run = _timed(trainer.train, n_tokens)
    return {**run, "loss": round(_held_out_loss(trainer.model, held_out), 4)}


def _held_out_loss(model: Any, samples: Sequence[Sample]) -> float:
    """Nats a learned token, as ours counts it."""
    import torch

    model.train(False)
    loss = n_tokens = 0.0
    with torch.no_grad():
        for sample in samples:
            batch = _padded(_rows([sample]))
            loss += float(model(**batch).loss) * sample.n_learned
            n_tokens += sample.n_learned
    return loss / n_tokens


def _learning(model: Any, recipe: Recipe) -> Any:
    """The same weights learn as with us: our full tuning leaves the embedding out."""
    from suffice.local.adapt import in_four_bits, with_adapters

    if recipe.method == "qlora":
        in_four_bits(model)
    if recipe.method != "full":
        return with_adapters(model, recipe)
    model.requires_grad_(False)
    model.model.layers.requires_grad_(True)
    model.model.norm.requires_grad_(True)
    return model


def _samples(asked: argparse.Namespace, tokenizer: Any) -> tuple[list[Sample], ...]:
    from suffice.local.training_data import sample

    first = []
    if asked.instructions is not None:
        told = yaml.safe_load(asked.instructions.read_text(encoding="utf-8"))
        first = [{"role": "system", "content": told["instructions"]}]
    lines = asked.data.read_text(encoding="utf-8").splitlines()
    rows = [first + json.loads(line)["messages"] for line in lines]
    made = [sample(row, tokenizer) for row in rows]
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
