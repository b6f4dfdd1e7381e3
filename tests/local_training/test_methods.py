"""What learns by each method, and that nothing else does: full, QLoRA, adapters."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
import torch
from local_training_kit import BASE
from tiny import Diary, samples, tiny_model
from transformers import AutoTokenizer

from suffice.local.adapt import prepare
from suffice.local.api_error import ApiError
from suffice.local.learner import Learner
from suffice.local.merge import publish
from suffice.local.model_store import ModelStore, StoredModel
from suffice.local.recipe import Recipe, read_recipe
from suffice.local.trainer import Lesson, StoppedError, train
from suffice.local.weights import save_plain

HAS_BITS = importlib.util.find_spec("bitsandbytes") is not None
LAST_TWO = 1
"""First layer that learns, of three."""


@pytest.fixture
def base(prepared, tmp_path):
    """The tiny model as a base's folder, with the tokenizer that one has."""
    folder = tmp_path / "base"
    tiny_model().save_pretrained(folder)
    AutoTokenizer.from_pretrained(prepared / BASE / "hf").save_pretrained(folder)
    return folder


def recipe(method: str, **more: object) -> Recipe:
    told = {"n_epochs": 6, "batch_size": 4, "lora_rank": 4, "first_layer": LAST_TWO}
    multiplier = 40.0 if method == "full" else 5.0
    told |= {"learning_rate_multiplier": multiplier}
    return Recipe(method=method, **{**told, **more})  # type: ignore[arg-type]


def taught(base: Path, folder: Path, method: str, diary: Diary | None = None):
    """The pupil after its lesson, what it was before, and the losses by step."""
    pupil = prepare(base, recipe(method), 7, "cpu")
    before = {n: p.detach().clone() for n, p in pupil.model.state_dict().items()}
    diary = diary or Diary()
    learner = Learner(pupil, "cpu", 1)
    lesson = Lesson(samples=samples(), valid=(), recipe=recipe(method), seed=7)
    try:
        train(learner, lesson, folder, diary, diary.stopping)
    except StoppedError:
        pass
    finally:
        learner.close()
    return pupil, before, diary.losses


def test_full_tuning_moves_its_layers_and_nothing_else(base, tmp_path):
    """The embedding is shared with the output: to move it would be another model."""
    pupil, before, losses = taught(base, tmp_path / "job", "full")
    after = pupil.model.state_dict()
    moved = {n for n in after if not torch.equal(after[n], before[n])}

    assert moved == set(pupil.learning)
    assert {"model.layers.1", "model.layers.2", "model.norm.weight"} == {
        ".".join(name.split(".")[:3]) for name in moved
    }
    assert losses[max(losses)] < losses[1]


def test_full_tuning_resumed_goes_on_as_if_nothing_had_happened(base, tmp_path):
    """All weights of the learning layers are in its checkpoint, and the optimiser's."""
    whole = taught(base, tmp_path / "whole", "full")[2]
    taught(base, tmp_path / "cut", "full", Diary(n_steps=6))
    rest = taught(base, tmp_path / "cut", "full")[2]

    assert rest == {step: whole[step] for step in rest}
    assert min(rest) == 5


def test_every_method_gives_the_weights_that_its_model_is_made_of(base):
    """Published are the base's weights with the learned ones put in by name."""
    names = set(dict(tiny_model().named_parameters()))

    assert set(prepare(base, recipe("full"), 7, "cpu").learning) < names
    adapter = set(prepare(base, recipe("lora"), 7, "cpu").learning)
    assert {"lora_A", "lora_B"} == {name.split(".")[-3] for name in adapter}


def test_qlora_is_refused_where_its_package_is_missing(monkeypatch):
    """Before any job exists; with what to install, or what else to take."""
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(ApiError) as refused:
        read_recipe({"method": "qlora"}, "method.supervised.hyperparameters")

    assert "unsupported_method" == refused.value.code
    assert "bitsandbytes" in refused.value.message


@pytest.mark.skipif(not HAS_BITS, reason="needs the package bitsandbytes")
def test_qlora_learns_adapters_on_weights_of_four_bits(base, tmp_path):
    """The same adapter as by LoRA, so that it is published and given out alike."""
    plain = prepare(base, recipe("lora"), 7, "cpu")
    pupil, before, losses = taught(base, tmp_path / "job", "qlora")
    after = pupil.model.state_dict()
    moved = {n for n in after if not torch.equal(after[n], before[n])}
    held = pupil.model.model.layers[2].mlp.up_proj.base_layer.weight

    assert set(plain.learning) == set(pupil.learning) == moved
    assert (torch.uint8, 48 * 32 // 2) == (held.dtype, held.numel())
    assert losses[max(losses)] < losses[1]


def published(root: Path, prepared: Path, method: str, shift: float) -> bytes:
    """What is served of a model whose learned weights are the base's and a bit more."""
    hf = root / "bases" / BASE / "hf"
    if not hf.exists():
        # The converter wants a tokenizer of as many tokens as the model has.
        tokenizer = AutoTokenizer.from_pretrained(prepared / BASE / "hf")
        save_plain(tiny_model(len(tokenizer)), tokenizer, hf)
    learned = prepare(hf, recipe(method), 7, "cpu").learning
    file = root / "weights.pt"
    torch.save({n: p.detach() + shift for n, p in learned.items()}, file)
    model = StoredModel(id=f"ft:{method}:{shift}", base=BASE, created=1, job="ftjob-1")
    publish(root, model, file, recipe(method))
    store = ModelStore(root)
    has_adapter = (store.folder(model.id) / "adapter").exists()

    assert (model, method == "lora") == (store.get(model.id), has_adapter)
    return (store.ct2(model.id) / "model.bin").read_bytes()


@pytest.mark.parametrize("method", ["full", "lora"])
def test_what_was_learned_is_what_is_served(method, prepared, tmp_path):
    """Weights under names that the base does not have would leave it as it was."""
    plain = published(tmp_path, prepared, "full", 0.0)

    assert plain == published(tmp_path, prepared, "lora", 0.0)
    assert plain != published(tmp_path, prepared, method, 0.1)


def test_weights_of_another_base_are_not_published(prepared, tmp_path):
    """Left out, they would leave the base, under the name of a tuned model."""
    published(tmp_path, prepared, "full", 0.0)
    torch.save({"model.layers.99.weight": torch.zeros(1)}, tmp_path / "weights.pt")
    model = StoredModel(id="ft:other", base=BASE, created=1, job="ftjob-1")
    with pytest.raises(ValueError, match=r"layers\.99"):
        publish(tmp_path, model, tmp_path / "weights.pt", recipe("full"))

    assert ModelStore(tmp_path).get("ft:other") is None
