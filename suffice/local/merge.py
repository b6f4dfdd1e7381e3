"""
Turns what was learned into a model that can be served.

The adapter is kept as PEFT writes it, for vLLM and others; merged into the
base's float32 weights and converted to int8, it is what this server answers
with.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch

from suffice.local.adapt import with_adapters
from suffice.local.model_store import ModelStore, StoredModel
from suffice.local.recipe import Recipe
from suffice.local.weights import BASES, base_folder, convert, load_torch, save_plain


def publish(root: Path, model: StoredModel, learned: Path, recipe: Recipe) -> None:
    """
    Make the weights file *learned* the model *model*, ready to be served.

    The model appears in one step when all of it is there.
    """
    store = ModelStore(root)
    built = store.staging(model.id)
    network, tokenizer = load_torch(base_folder(root, model.base) / "hf")
    weights = torch.load(learned, weights_only=True)
    if recipe.method == "full":
        _put(weights, network)
    else:
        network = _merged(network, weights, recipe, model.base, built / "adapter")
    save_plain(network, tokenizer, built / "hf")
    convert(built / "hf", built / "ct2")
    shutil.rmtree(built / "hf")
    store.add(model, built)


def _merged(
    network: Any, weights: Any, recipe: Recipe, base: str, adapter: Path
) -> Any:
    """The base with the adapter in its weights; the adapter alone into a folder."""
    wrapped = with_adapters(network, recipe)
    _put(weights, network)
    wrapped.save_pretrained(adapter)
    _name_base(adapter / "adapter_config.json", base)
    return wrapped.merge_and_unload()


def _put(weights: Any, network: Any) -> None:
    """What was learned, each under its name; left out, the base would be served."""
    missing = set(weights) - set(dict(network.named_parameters()))
    if missing:
        raise ValueError(f"The base has no weights called {sorted(missing)[:3]}.")
    network.load_state_dict(weights, strict=False)


def _name_base(config: Path, base: str) -> None:
    """Say which public model the adapter is for, not where it lay on this disk."""
    settings = json.loads(config.read_text(encoding="utf-8"))
    source = BASES[base].source.removeprefix("https://huggingface.co/")
    settings["base_model_name_or_path"] = source
    config.write_text(json.dumps(settings, indent=2), encoding="utf-8")
