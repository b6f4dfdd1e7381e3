r"""
How fast the embedded trainer is beside plain ``transformers.Trainer``.

    python -m benchmarks.train_speed --root .suffice/local
    python -m benchmarks.train_speed --root .suffice/local --examples 96 --seeds 1 2 3
    python -m benchmarks.train_speed --root .suffice/local --examples 24 \
        --instructions examples/support/brief.yaml

The last has the same instructions in every example, as files for OpenAI mostly do.
Both train on the same examples with the same batch size, learning rate and number of
epochs, one after the other, each in a process of its own: the same adapters (LoRA),
all weights (full), and adapters on a base held in four bits (QLoRA).  Prints, for
each: seconds of training, tokens a second, CPU-seconds, peak memory, and the loss on
held-out examples; then how many times as fast ours is.  With several seeds, means, and
how far the losses of one way lie apart: that is the noise a difference between two
ways is to be held against.

QLoRA needs bitsandbytes (``pip install 'suffice[qlora]'``); where it is missing its
rows say so.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks._train_ways import BASE, Row, measure
from suffice.local.weights import base_folder_apart

WAYS = (
    "lora",
    "half",
    "trainer-lora",
    "full",
    "trainer-full",
    "qlora",
    "trainer-qlora",
)
PAIRS = (
    ("lora", "trainer-lora"),
    ("full", "trainer-full"),
    ("qlora", "trainer-qlora"),
)
"""Ours, and what it is compared with."""
TOLD = {
    "lora": "suffice, LoRA",
    "half": "suffice, LoRA on the upper 15 of 30 layers",
    "trainer-lora": "transformers.Trainer, LoRA",
    "full": "suffice, full",
    "trainer-full": "transformers.Trainer, full",
    "qlora": "suffice, QLoRA",
    "trainer-qlora": "transformers.Trainer, QLoRA",
}
NUMBERS = (("s", 1), ("tokens_per_s", 0), ("cpu_s", 1), ("peak_gb", 2))
"""With their decimals."""


def main() -> None:
    """Run every way, or the one of ``--only``, and print a table."""
    asked = _arguments()
    if asked.only:
        print(json.dumps(measure(asked)))
        return
    base_folder_apart(asked.root, BASE)
    print("| trainer | s | tokens/s | CPU-s | peak GB | held-out loss |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    found = {}
    for way in asked.ways:
        reason = _missing(way)
        rows = [] if reason else [_apart(asked, way, seed) for seed in asked.seeds]
        if rows:
            found[way] = rows
        print(_line(way, rows, reason), flush=True)
    for ours, theirs in PAIRS:
        if ours in found and theirs in found:
            print(f"\n{_compared(ours, found[ours], theirs, found[theirs])}")
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    print(f"\n{cores} cores, load {load:.1f}; seeds {asked.seeds}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train_speed")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument(
        "--data", type=Path, default=Path("examples/support/train.jsonl")
    )
    parser.add_argument("--examples", type=int, default=48)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument(
        "--instructions",
        type=Path,
        help="a brief whose instructions stand before each example",
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--ways", choices=WAYS, nargs="+", default=list(WAYS))
    parser.add_argument("--only", choices=WAYS, help=argparse.SUPPRESS)
    return parser.parse_args()


def _apart(asked: argparse.Namespace, way: str, seed: int) -> Row:
    """In a process of its own, so that none inherits another's memory."""
    command = [sys.executable, "-m", "benchmarks.train_speed", "--only", way]
    command += ["--seeds", str(seed)]
    for name in ("root", "data", "examples", "epochs", "instructions"):
        if getattr(asked, name) is not None:
            command += [f"--{name}", str(getattr(asked, name))]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"{way} failed:\n{run.stderr[-2000:]}")
    row: Row = json.loads(run.stdout.splitlines()[-1])
    return row


def _missing(way: str) -> str:
    """Why a way cannot be taken here; empty when it can."""
    if way.endswith("qlora") and importlib.util.find_spec("bitsandbytes") is None:
        return "not run: bitsandbytes is not installed"
    return ""


def _line(way: str, rows: Sequence[Row], reason: str) -> str:
    if not rows:
        return f"| {TOLD[way]} | {reason} | | | | |"
    cells = [f"{_mean(rows, name):.{digits}f}" for name, digits in NUMBERS]
    return f"| {TOLD[way]} | {' | '.join(cells)} | {_losses(rows)} |"


def _losses(rows: Sequence[Row]) -> str:
    losses = [row["loss"] for row in rows]
    spread = f" ({min(losses):.4f} to {max(losses):.4f})" if len(losses) > 1 else ""
    return f"{_mean(rows, 'loss'):.4f}{spread}"


def _compared(
    ours: str, rows: Sequence[Row], theirs: str, others: Sequence[Row]
) -> str:
    faster = _mean(rows, "tokens_per_s") / _mean(others, "tokens_per_s")
    cheaper = _mean(others, "cpu_s") / _mean(rows, "cpu_s")
    apart = _mean(rows, "loss") - _mean(others, "loss")
    return (
        f"{TOLD[ours]}: {faster:.2f} x the tokens a second of {TOLD[theirs]}, "
        f"1/{cheaper:.2f} of its CPU time; held-out loss {apart:+.4f}."
    )


def _mean(rows: Sequence[Row], name: str) -> float:
    return sum(row[name] for row in rows) / len(rows)


if __name__ == "__main__":
    main()
