"""The arithmetic of training, on a model small enough to check it exactly."""

import random

import pytest
import torch
from tiny import RECIPE, Diary, pupil, run, samples, tiny_model

from suffice.local.adapt import Pupil, with_adapters
from suffice.local.batches import Sample, n_shared, plan, shares
from suffice.local.checkpoints import read_checkpoints
from suffice.local.learned_linear import quicken_learned
from suffice.local.learner import Learner
from suffice.local.lora_linear import quicken
from suffice.local.loss import head_loss
from suffice.local.network import Network
from suffice.local.recipe import Recipe
from suffice.local.trainer import Lesson, StoppedError, train


def plain_loss(model, sample):
    """As anybody would compute it: all logits, then those that count."""
    ids = torch.tensor(sample.ids)
    logits = model(ids[None]).logits[0, :-1]
    counts = torch.tensor(sample.learned[1:])
    return torch.nn.functional.cross_entropy(
        logits[counts], ids[1:][counts], reduction="sum"
    )


def beginning_with(n, sample):
    """The sample after *n* tokens and one more that nobody learns."""
    ids = (*range(n), n + sample.ids[0] % 7, *sample.ids)
    return Sample(ids=ids, learned=(*[False] * (n + 1), *sample.learned))


@pytest.mark.parametrize("begin_alike", [0, 21])
@pytest.mark.parametrize("first", [0, 1])
def test_loss_and_gradient_are_those_of_the_plain_model(first, begin_alike):
    """Speed must not change what is learned: padding, cache, common beginning."""
    recipe = Recipe(lora_rank=4, first_layer=first)
    model = tiny_model()
    torch.manual_seed(1)
    with_adapters(model, recipe)
    learning = [p for p in model.parameters() if p.requires_grad]
    for parameter in learning:
        torch.nn.init.normal_(parameter, std=0.1)
    some = [beginning_with(begin_alike, sample) for sample in samples()[:5]]
    assert begin_alike == n_shared(some)
    expected = sum(plain_loss(model, s) for s in some)
    gradient = torch.autograd.grad(expected, learning)
    quicken(model, torch.float32)
    network = Network(model, first, "cpu")
    for _ in range(2):
        outcome = network.outcome(some, range(5))

        torch.testing.assert_close(outcome.loss, expected)
        found = torch.autograd.grad(outcome.loss, learning)
        torch.testing.assert_close(found, gradient, atol=1e-4, rtol=1e-3)


def test_a_step_is_one_of_adamw_on_the_mean_over_all_learned_tokens():
    """However a batch is dealt out to cores: each learned token weighs the same."""
    recipe, some = Recipe(lora_rank=4), samples()
    ours, plain = pupil(recipe), tiny_model()
    with_adapters(plain, recipe)
    theirs = {n: p for n, p in plain.named_parameters() if p.requires_grad}
    torch.manual_seed(4)
    with torch.no_grad():
        for name, parameter in theirs.items():
            torch.nn.init.normal_(parameter, std=0.1)
            ours.learning[name].copy_(parameter)
    optimizer = torch.optim.AdamW(theirs.values(), lr=0.01, weight_decay=0.0)
    learner = Learner(ours, "cpu", 2)
    for batch in ([0, 1], [2, 3, 4, 5, 6, 7, 8], [9, 10, 11]):
        learner.step(some, batch, 0.01)
        n_learned = sum(some[i].n_learned for i in batch)
        optimizer.zero_grad()
        (sum(plain_loss(plain, some[i]) for i in batch) / n_learned).backward()
        torch.nn.utils.clip_grad_norm_(theirs.values(), 1.0)
        optimizer.step()
    learner.close()

    for name, parameter in theirs.items():
        torch.testing.assert_close(
            ours.learning[name].detach(), parameter.detach(), atol=2e-4, rtol=1e-3
        )


def test_bfloat16_weights_change_the_loss_by_little():
    """Eight bits of mantissa are enough for weights that do not learn."""
    model, small = tiny_model(), tiny_model()
    model.requires_grad_(False)
    small.requires_grad_(False)
    quicken(small, torch.bfloat16)
    some = samples()[:5]
    expected = float(Network(model, 0, "cpu").outcome(some, range(5)).loss)
    found = float(Network(small, 0, "cpu").outcome(some, range(5)).loss)

    assert found == pytest.approx(expected, rel=0.01)


def all_learn():
    """A model whose layers all learn, with the way back of each weight large."""
    model = tiny_model()
    model.requires_grad_(False)
    model.model.layers.requires_grad_(True)
    return model


@pytest.mark.parametrize(
    ("precision", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.02)]
)
def test_layers_that_learn_whole_have_the_gradient_of_plain_ones(precision, tolerance):
    """Faster products may round; what they round to must be the same thing."""
    plain, quick, some = all_learn(), all_learn(), samples()[:5]
    quicken_learned(quick, precision)
    losses, gradients = [], []
    for model in (plain, quick):
        loss = Network(model, 0, "cpu").outcome(some, range(5)).loss
        losses.append(float(loss.detach()))
        learning = {n: p for n, p in model.named_parameters() if p.requires_grad}
        gradients.append(torch.autograd.grad(loss, list(learning.values())))

    assert losses[1] == pytest.approx(losses[0], rel=tolerance)
    for expected, found in zip(*gradients, strict=True):
        apart = (found - expected).norm() / expected.norm()
        assert apart < tolerance


def test_after_a_step_products_are_of_the_new_weights():
    """A copy that is not renewed would learn against what it was at the start."""
    model = all_learn()
    learning = {n: p for n, p in model.named_parameters() if p.requires_grad}
    quicken_learned(model, torch.bfloat16)
    pupil_ = Pupil(model=model, tokenizer=None, learning=learning, first_learning=0)
    learner, some = Learner(pupil_, "cpu", 1), samples()
    before = learner.evaluate(some).mean_loss
    for _ in range(5):
        learner.step(some, range(8), 0.005)
    found = learner.evaluate(some).mean_loss
    plain = all_learn()
    plain.load_state_dict(model.state_dict())
    pupil_ = Pupil(model=plain, tokenizer=None, learning=learning, first_learning=0)
    expected = Learner(pupil_, "cpu", 1).evaluate(some).mean_loss

    assert found == pytest.approx(expected, rel=0.01)
    assert expected < 0.98 * before


def test_the_loss_in_pieces_is_the_loss():
    """More rows than are computed at once."""
    torch.manual_seed(0)
    hidden = torch.randn(150, 16, requires_grad=True)
    head, wanted = torch.randn(97, 16), torch.randint(0, 97, (150,))
    expected = torch.nn.functional.cross_entropy(
        hidden @ head.t(), wanted, reduction="sum"
    )
    losses, right = head_loss(hidden, head, wanted)
    loss = losses.sum()

    torch.testing.assert_close(loss, expected)
    assert int(right) == int(((hidden @ head.t()).argmax(-1) == wanted).sum())
    torch.testing.assert_close(
        torch.autograd.grad(loss, hidden), torch.autograd.grad(expected, hidden)
    )


def test_every_example_is_learned_once_an_epoch():
    """Nothing is dropped at the end of an epoch, nothing counts twice."""
    some = samples(53)
    batches = plan(some, 4, random.Random(1))
    dealt = [i for batch in batches for part in shares(some, batch) for i in part]

    assert sorted(dealt) == list(range(53))


class Noting(Learner):
    """Notes which examples each step was made of."""

    def __init__(self, *args):
        super().__init__(*args)
        self.batches = []

    def step(self, samples, batch, learning_rate):
        self.batches.append(tuple(batch))
        return super().step(samples, batch, learning_rate)


def test_each_epoch_goes_through_the_examples_in_an_order_of_its_own(tmp_path):
    """The same batches again would teach their company, not their answers."""
    recipe = Recipe(n_epochs=2, batch_size=4, lora_rank=4)
    learner = Noting(pupil(recipe), "cpu", 1)
    lesson = Lesson(samples=samples(), valid=(), recipe=recipe, seed=1)
    train(learner, lesson, tmp_path, Diary(), lambda: False)
    learner.close()
    first, second = learner.batches[:4], learner.batches[4:]

    assert first != second
    assert sorted(sum(first, ())) == sorted(sum(second, ())) == list(range(14))


def test_the_same_seed_gives_the_same_curve_on_any_number_of_cores(tmp_path):
    """A result nobody can repeat decides nothing."""
    one, _ = run(tmp_path / "one", workers=1)
    two, _ = run(tmp_path / "two", workers=3)
    other, _ = run(tmp_path / "other", seed=12)

    assert one == two
    assert one != other


def test_training_resumed_goes_on_as_if_nothing_had_happened(tmp_path):
    """A crash must not change the model that was paid for."""
    whole, chosen = run(tmp_path / "whole")
    with pytest.raises(StoppedError):
        run(tmp_path / "cut", diary=Diary(n_steps=6))
    rest, resumed = run(tmp_path / "cut")

    assert list(rest) == list(range(5, 13))
    assert rest == {step: whole[step] for step in rest}
    assert resumed.train_loss == chosen.train_loss


def test_an_unfinished_checkpoint_does_not_count(tmp_path):
    """The record is written last; without it the rest may be half there."""
    with pytest.raises(StoppedError):
        run(tmp_path, diary=Diary(n_steps=6))
    half = tmp_path / "checkpoints" / "8"
    half.mkdir()
    (half / "weights.pt").write_bytes(b"cut short")

    assert [c.step for c in read_checkpoints(tmp_path)] == [4]
    assert min(run(tmp_path)[0]) == 5


def test_early_stopping_keeps_the_best_epoch(tmp_path):
    """Random answers cannot be learned: validation gets worse, and it ends."""
    recipe = Recipe(
        n_epochs=30,
        batch_size=4,
        learning_rate_multiplier=20.0,
        lora_rank=4,
        early_stopping=True,
    )
    _, chosen = run(tmp_path, recipe=recipe, valid=samples(seed=6))
    known = read_checkpoints(tmp_path)

    assert len(known) < 30
    assert 2 == known[-1].epoch - chosen.epoch
    assert chosen == min(known, key=lambda c: c.valid_loss)
    assert (tmp_path / "checkpoints" / str(chosen.step) / "weights.pt").exists()


def test_only_what_is_needed_stays_on_disk(tmp_path):
    """Fifty epochs of a full model would fill it."""
    with pytest.raises(StoppedError):
        run(tmp_path, diary=Diary(n_steps=10))
    assert [p.parent.name for p in tmp_path.rglob("optimizer.pt")] == ["8"]
    run(tmp_path)
    found = sorted(p.parent.name for p in tmp_path.rglob("weights.pt"))

    assert [] == list(tmp_path.rglob("optimizer.pt"))
    assert sorted(found) == ["12", "8"]


def test_training_that_has_ended_is_not_begun_again(tmp_path):
    """Killed between its last epoch and its model, a job publishes what it has."""
    _, chosen = run(tmp_path)
    again, resumed = run(tmp_path)

    assert ({}, chosen) == (again, resumed)


def test_the_model_quickened_is_the_adapter_peft_made():
    """The weights go back into PEFT's own layers, which others load."""
    from peft import get_peft_model

    model = tiny_model()
    wrapped = get_peft_model(
        model, with_adapters(tiny_model(), RECIPE).peft_config["default"]
    )
    names = {
        n.removeprefix("base_model.model.")
        for n, p in wrapped.named_parameters()
        if p.requires_grad
    }

    assert names == set(pupil().learning)


def test_a_loss_that_is_no_number_ends_training_with_the_step(tmp_path):
    """Going on would spend hours on a model that says nothing."""
    recipe = Recipe(n_epochs=1, batch_size=4, lora_rank=4)
    made = pupil(recipe)
    with torch.no_grad():
        next(iter(made.learning.values())).fill_(float("nan"))
    lesson = Lesson(samples=samples(), valid=(), recipe=recipe, seed=1)
    with pytest.raises(FloatingPointError, match="step 1: use a smaller"):
        train(Learner(made, "cpu", 1), lesson, tmp_path, Diary(), lambda: False)
