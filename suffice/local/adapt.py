"""
Prepares a base model for learning: adapters, or all of its weights.

The adapters are PEFT's, so what is learned can be loaded elsewhere.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from suffice.errors import EnvironmentFailed
from suffice.local.learned_linear import quicken_learned
from suffice.local.lora_linear import fast_precision, quicken
from suffice.local.recipe import Recipe
from suffice.local.weights import load_torch

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@dataclass(frozen=True, kw_only=True)
class Pupil:
    """A model that is ready to learn."""

    model: Any
    """The causal language model, adapters inside."""
    tokenizer: Any
    learning: dict[str, Tensor]
    """What is trained, by name."""
    first_learning: int
    """Layers below this one never change."""


def prepare(base: Path, recipe: Recipe, seed: int, device: str) -> Pupil:
    """Load *base*, a Hugging Face folder, for the method of *recipe*."""
    torch.manual_seed(seed)
    model: Any
    model, tokenizer = load_torch(base)
    first = first_learning(model, recipe)
    if recipe.method == "full":
        _free_from(model, first)
    else:
        if recipe.method == "qlora":
            in_four_bits(model)
        with_adapters(model, recipe)
    model.to(device)
    # Named before the layers are replaced: PEFT's names are what others read.
    learning: dict[str, Tensor] = {
        n: p for n, p in model.named_parameters() if p.requires_grad
    }
    if recipe.method == "full" and device != "cpu":
        quicken_learned(model, fast_precision())
    if recipe.method == "lora":
        quicken(model, fast_precision())
    return Pupil(
        model=model, tokenizer=tokenizer, learning=learning, first_learning=first
    )


def go_on(pupil: Pupil, adapter: Path) -> None:
    """
    Let *pupil* begin where the adapter in that folder ended, a folder of PEFT's.

    Raises EnvironmentFailed when the adapter is gone or is not one of its shape.
    """
    from safetensors.torch import load_file

    try:
        found = load_file(adapter / "adapter_model.safetensors")
    except OSError as error:
        raise EnvironmentFailed(
            f"The tuned model to go on from is gone: {adapter} has no adapter; "
            "begin from the base."
        ) from error
    learned = {_own_name(name): value for name, value in found.items()}
    if set(learned) != set(pupil.learning):
        raise EnvironmentFailed(
            f"The adapter in {adapter} is for other layers than this job tunes: "
            "begin from the base."
        )
    with torch.no_grad():
        for name, value in learned.items():
            pupil.learning[name].copy_(value)


def _own_name(peft: str) -> str:
    """
    What a weight of an adapter is called in the model.

    >>> _own_name("base_model.model.model.layers.0.mlp.up_proj.lora_A.weight")
    'model.layers.0.mlp.up_proj.lora_A.default.weight'
    """
    name = peft.removeprefix("base_model.model.")
    return name.removesuffix("weight") + "default.weight"


def first_learning(model: Any, recipe: Recipe) -> int:
    """The lowest layer that learns; at least the last one does."""
    return min(recipe.first_layer, int(model.config.num_hidden_layers) - 1)


def with_adapters(model: Any, recipe: Recipe) -> Any:
    """Put fresh adapters into *model*; returns PEFT's wrapper around it."""
    # PEFT imports it where it is there; it then looks for a kernel to download, and
    # warns that there is none.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    from peft import LoraConfig, get_peft_model

    n_layers, first = model.config.num_hidden_layers, first_learning(model, recipe)
    config = LoraConfig(
        r=recipe.lora_rank,
        lora_alpha=2 * recipe.lora_rank,
        lora_dropout=0.0,
        target_modules=list(TARGETS),
        layers_to_transform=list(range(first, n_layers)) if first else None,
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def _free_from(model: Any, first: int) -> None:
    """Let all learn but the embedding and the layers below *first*."""
    model.requires_grad_(False)
    for layer in model.model.layers[first:]:
        layer.requires_grad_(True)
    model.model.norm.requires_grad_(True)


def in_four_bits(model: Any) -> None:
    """Keep the linear layers' weights in four bits (NF4)."""
    import bitsandbytes

    for parent in list(model.model.layers.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is torch.nn.Linear:
                small = bitsandbytes.nn.Linear4bit(
                    child.in_features,
                    child.out_features,
                    bias=child.bias is not None,
                    compute_dtype=fast_precision(),
                    quant_type="nf4",
                )
                small.load_state_dict(child.state_dict())
                setattr(parent, name, small)
