"""
One step at a time, on all cores.

Each batch is dealt out to threads that each compute on one core, and their
gradients are added in a fixed order.  The threads meet once a step; threads
inside each product would meet thousands of times, and wait there whenever
another program has one of the cores.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from suffice.local.adapt import Pupil
from suffice.local.batches import Item, Sample, shares
from suffice.local.learned_linear import renew
from suffice.local.network import Network, Outcome
from suffice.local.preferring import Pair, beginning
from suffice.local.weight_steps import WeightSteps

Aim = Callable[[Network, Sequence[Item], Sequence[int]], Outcome]
"""What is asked of the network for some examples."""


def supervised(network: Network, items: Sequence[Item], keys: Sequence[int]) -> Outcome:
    """To give the wanted answers."""
    return network.outcome(cast(Sequence[Sample], items), keys)


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Sums over some learned tokens; over pairs of answers where these are learned."""

    loss: float = 0.0
    """In nats, summed."""
    n_tokens: int = 0
    n_right: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            loss=self.loss + other.loss,
            n_tokens=self.n_tokens + other.n_tokens,
            n_right=self.n_right + other.n_right,
        )

    @property
    def mean_loss(self) -> float:
        """Nats a token; not a number where there is none."""
        return self.loss / self.n_tokens if self.n_tokens else float("nan")

    @property
    def accuracy(self) -> float:
        """Share of tokens ranked first, 0 to 1."""
        return self.n_right / self.n_tokens if self.n_tokens else float("nan")


class Learner:
    """A model, its steps and the threads that compute for them."""

    def __init__(
        self,
        pupil: Pupil,
        device: str,
        n_workers: int,
        aim: Aim = supervised,
    ) -> None:
        self._aim = aim
        self._network = Network(pupil.model, pupil.first_learning, device)
        self._model = pupil.model
        self._learning = pupil.learning
        self._parameters = list(pupil.learning.values())
        self._pool = ThreadPoolExecutor(n_workers)
        self._steps = WeightSteps(pupil.learning, n_workers)

    def step(
        self, samples: Sequence[Item], batch: Sequence[int], learning_rate: float
    ) -> Tally:
        """Learn from the examples of *batch*, positions in *samples*."""
        total = sum(samples[i].n_learned for i in batch)
        jobs = deque(
            self._pool.submit(self._gradient, samples, part, total)
            for part in shares(samples, batch)
        )
        tally, gradient = jobs.popleft().result()
        # Added in the order of the parts, and let go of one by one: all at once
        # they would take several times the memory of a full model.
        while jobs:
            more, other = jobs.popleft().result()
            tally = tally + more
            self._steps.add(gradient, other)
            del other
        self._steps.step(gradient, learning_rate)
        renew(self._model)
        return tally

    def evaluate(self, samples: Sequence[Item]) -> Tally:
        """How well the model does on *samples*, without learning."""
        parts = shares(samples, range(len(samples)))
        tallies = self._pool.map(lambda part: self._judge(samples, part), parts)
        return sum(tallies, Tally())

    def beginning(self, pairs: Sequence[Pair]) -> list[Pair]:
        """The *pairs* with what the model, as it is now, says of them."""
        parts = shares(pairs, range(len(pairs)))

        def seen(part: Sequence[int]) -> list[Pair]:
            return beginning(self._network, [pairs[i] for i in part])

        made = dict[int, Pair]()
        for part, found in zip(parts, self._pool.map(seen, parts), strict=True):
            made |= zip(part, found, strict=True)
        return [made[i] for i in range(len(pairs))]

    def state(self) -> tuple[dict[str, Tensor], dict[str, dict[str, Tensor]]]:
        """What was learned, and where the optimiser stands."""
        return self._learning, self._steps.state()

    def restore(
        self,
        learned: Mapping[str, Tensor],
        optimizer: Mapping[str, Mapping[str, Tensor]],
    ) -> None:
        """Go back to a state."""
        with torch.no_grad():
            for name, value in learned.items():
                self._learning[name].copy_(value)
        self._steps.restore(optimizer)
        renew(self._model)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()
        self._steps.close()

    def _gradient(
        self, samples: Sequence[Item], part: Sequence[int], total: int
    ) -> tuple[Tally, tuple[Tensor, ...]]:
        outcome = self._aim(self._network, [samples[i] for i in part], part)
        gradient = torch.autograd.grad(outcome.loss / total, self._parameters)
        return _tally(outcome), gradient

    def _judge(self, samples: Sequence[Item], part: Sequence[int]) -> Tally:
        unknown = [-1] * len(part)
        with torch.no_grad():
            outcome = self._aim(self._network, [samples[i] for i in part], unknown)
        return _tally(outcome)


def n_cores() -> int:
    """How many cores this process may use, at most eight."""
    return min(8, len(os.sched_getaffinity(0)))


def _tally(outcome: Outcome) -> Tally:
    return Tally(
        loss=float(outcome.loss.detach()),
        n_tokens=outcome.n_tokens,
        n_right=outcome.n_right,
    )
