"""
What a job may begin from: a base, or the adapter of a model tuned before.

Tuning goes on with the same adapter, so that what comes out is again one adapter on
the public base.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from suffice.local.model_store import ModelStore
from suffice.local.weights import BASES


@dataclass(frozen=True, kw_only=True)
class Start:
    """Where a job begins."""

    base: str
    lora_rank: int | None = None
    """Of the adapter that is trained further; `None`: nothing was trained before."""
    first_layer: int = 0


Tunable = Callable[[str], Start | None]
"""The start that a model's name stands for; `None` where it cannot be tuned."""


def tunable(root: Path, model: str) -> Start | None:
    """The start called *model* under *root*; a model tuned in full is none."""
    if model in BASES:
        return Start(base=model)
    tuned, folder = ModelStore(root).get(model), adapter_folder(root, model)
    if tuned is None or tuned.base not in BASES or not folder.is_dir():
        return None
    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    layers = config.get("layers_to_transform") or [0]
    return Start(base=tuned.base, lora_rank=config["r"], first_layer=min(layers))


def adapter_folder(root: Path, model: str) -> Path:
    """Where the adapter of that model lies, in PEFT's format."""
    return ModelStore(root).folder(model) / "adapter"
