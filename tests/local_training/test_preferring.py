"""Direct preference optimisation, on a model small enough to check it exactly."""

import random

import pytest
import torch
from tiny import Diary, pupil, tiny_model

from suffice.local.adapt import with_adapters
from suffice.local.batches import Sample
from suffice.local.learner import Learner
from suffice.local.lora_linear import quicken
from suffice.local.network import Network
from suffice.local.preferring import Pair, Preferring, beginning
from suffice.local.recipe import Recipe
from suffice.local.trainer import Lesson, StoppedError, train

BETA = 0.5
RECIPE = Recipe(
    n_epochs=3,
    batch_size=4,
    learning_rate_multiplier=500.0,
    lora_rank=4,
    objective="dpo",
    beta=BETA,
)
# TRL 1.16.0, DPOTrainer._compute_loss with loss_type "sigmoid": trl_golden.py.
TRL_LOSSES = [0.835539, 0.668889, 0.727302, 0.642249, 0.735073]
TRL_GRADIENT_NORM = 0.889218


def pairs(n=5, seed=9):
    """Pairs that share a prompt of several tokens and differ after it."""
    rng = random.Random(seed)

    def tokens(least, most):
        return tuple(rng.randrange(97) for _ in range(rng.randrange(least, most)))

    made = []
    for _ in range(n):
        prompt = tokens(3, 9)
        both = [
            Sample(
                ids=prompt + answer,
                learned=(False,) * len(prompt) + (True,) * len(answer),
            )
            for answer in (tokens(2, 7), tokens(2, 7))
        ]
        made.append(Pair(preferred=both[0], other=both[1]))
    return made


def moved_and_start():
    """A model whose adapters have moved, and the one it began as."""
    model, start = tiny_model(), tiny_model()
    torch.manual_seed(1)
    with_adapters(model, RECIPE)
    torch.manual_seed(2)
    for parameter in model.parameters():
        if parameter.requires_grad:
            torch.nn.init.normal_(parameter, std=0.1)
    return model, start


def moved_outcome():
    """Loss of the pairs one by one, by our trainer, and its gradient's norm."""
    model, start = moved_and_start()
    learning = [p for p in model.parameters() if p.requires_grad]
    quicken(model, torch.float32)
    began = beginning(Network(start, 0, "cpu"), pairs())
    network = Network(model, 0, "cpu")
    losses = [Preferring(BETA)(network, [pair], [-1]).loss for pair in began]
    together = Preferring(BETA)(network, began, range(5))
    gradient = torch.autograd.grad(together.loss / 5, learning)
    return losses, together, torch.stack([g.norm() for g in gradient]).norm()


def test_loss_and_gradient_are_those_of_trl():
    """Another loss under the same name would sell another training."""
    losses, together, norm = moved_outcome()

    assert pytest.approx(TRL_LOSSES, abs=2e-5) == [float(x.detach()) for x in losses]
    assert float(together.loss.detach()) == pytest.approx(sum(TRL_LOSSES), abs=1e-4)
    assert float(norm) == pytest.approx(TRL_GRADIENT_NORM, rel=1e-3)


def test_the_loss_is_the_formula_on_plain_logits():
    """The paper's formula, with nothing of ours in it but the pairs."""
    model, start = moved_and_start()

    def log_p(of, sample):
        ids = torch.tensor(sample.ids)
        said = of(ids[None]).logits[0, :-1].log_softmax(-1)
        picked = said.gather(1, ids[1:, None])[:, 0]
        return picked[torch.tensor(sample.learned[1:])].sum()

    expected = []
    for pair in pairs():
        moved = log_p(model, pair.preferred) - log_p(start, pair.preferred)
        moved -= log_p(model, pair.other) - log_p(start, pair.other)
        expected.append(float(-torch.log(torch.sigmoid(BETA * moved))))
    losses, _, _ = moved_outcome()

    assert pytest.approx(expected, abs=2e-5) == [float(loss) for loss in losses]


def learned(folder, diary=None, recipe=RECIPE):
    learner = Learner(pupil(recipe), "cpu", 2, Preferring(BETA))
    lesson = Lesson(
        samples=learner.beginning(pairs(14)),
        valid=learner.beginning(pairs(6)),
        recipe=recipe,
        seed=3,
    )
    diary = diary or Diary()
    return train(learner, lesson, folder, diary, diary.stopping), diary.losses


def test_it_begins_at_log_2_and_learns_what_is_preferred(tmp_path):
    """Before the first step both answers stand where they began."""
    last, losses = learned(tmp_path)

    assert losses[1] == pytest.approx(0.693147, abs=1e-4)
    assert last.train_loss < 0.6
    assert last.train_accuracy == 1.0


def test_resumed_it_still_knows_where_it_began(tmp_path):
    """What the model said at first must not be what it says after the crash."""
    _, whole = learned(tmp_path / "whole")
    with pytest.raises(StoppedError):
        learned(tmp_path / "cut", Diary(n_steps=6))
    _, rest = learned(tmp_path / "cut")

    assert rest == {step: whole[step] for step in rest}


def test_frozen_layers_are_remembered_for_each_answer_apart(tmp_path):
    """Two answers under one key would be trained on as one."""
    half = Recipe(**{**vars(RECIPE), "first_layer": 1})
    network = Network(pupil(half).model, 1, "cpu")
    began = beginning(network, pairs())
    fresh, again = (
        float(Preferring(BETA)(network, began, range(5)).loss) for _ in range(2)
    )

    assert fresh == pytest.approx(again, abs=1e-6)
