"""Four of the embedded model's layers: it learns a task in seconds, and knows none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from suffice.local.weights import BASES, convert, load_torch, save_plain

_KEPT = (0, 1, 28, 29)
"""The first, which read, and the last, which write."""


def make_tiny_base(bases: Path) -> None:
    """
    Write it into the new folder *bases*, where a server looks for the embedded model.

    All else of that server is as always: the weights are fewer.
    """
    # In a process of its own: torch would stay.
    command = [sys.executable, "-m", "benchmarks._tiny_base", str(bases)]
    subprocess.run(command, check=True, env=os.environ | {"TQDM_DISABLE": "1"})


def _make(bases: Path) -> None:
    import torch

    name = next(iter(BASES))
    model, tokenizer = load_torch(name)
    layers = torch.nn.ModuleList(model.model.layers[n] for n in _KEPT)
    model.model.layers = layers
    model.config.num_hidden_layers = len(layers)
    save_plain(model, tokenizer, bases / name / "hf")
    convert(bases / name / "hf", bases / name / "ct2")


if __name__ == "__main__":
    _make(Path(sys.argv[1]))
