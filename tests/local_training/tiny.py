"""A model small enough to check the arithmetic of training exactly."""

import random

import torch

from suffice.local.adapt import Pupil, with_adapters
from suffice.local.batches import Sample
from suffice.local.learner import Learner
from suffice.local.lora_linear import quicken
from suffice.local.recipe import Recipe
from suffice.local.trainer import Lesson, train

RECIPE = Recipe(n_epochs=3, batch_size=4, learning_rate_multiplier=5.0, lora_rank=4)


def tiny_model(vocab_size=97):
    # Not at the top: every worker that collects would wait for it.
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=vocab_size,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
    )
    return LlamaForCausalLM(config).eval()


def samples(n=14, seed=5):
    rng = random.Random(seed)
    made = []
    for _ in range(n):
        ids = tuple(rng.randrange(97) for _ in range(rng.randrange(4, 30)))
        made.append(Sample(ids=ids, learned=(False, *(rng.random() < 0.5,) * 2) * 10))
    return [
        Sample(ids=s.ids, learned=(*s.learned[: len(s.ids) - 1], True)) for s in made
    ]


def pupil(recipe=RECIPE):
    model = tiny_model()
    torch.manual_seed(1)
    with_adapters(model, recipe)
    learning = {n: p for n, p in model.named_parameters() if p.requires_grad}
    quicken(model, torch.float32)
    first = recipe.first_layer
    return Pupil(model=model, tokenizer=None, learning=learning, first_learning=first)


class Diary:
    """Remembers the losses; stops after so many steps."""

    def __init__(self, n_steps=10**6):
        self.losses = {}
        self.n_steps = n_steps

    def step(self, step, n_steps, tally):
        self.losses[step] = tally.mean_loss

    def epoch(self, checkpoint):
        pass

    def stopping(self):
        return len(self.losses) >= self.n_steps


def run(folder, *, recipe=RECIPE, workers=2, seed=11, valid=(), diary=None):
    diary = diary or Diary()
    learner = Learner(pupil(recipe), "cpu", workers)
    lesson = Lesson(samples=samples(), valid=valid, recipe=recipe, seed=seed)
    chosen = train(learner, lesson, folder, diary, diary.stopping)
    return diary.losses, chosen
