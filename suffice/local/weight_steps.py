"""
What a step does to the weights once the gradients are there, on all cores.

Each thread has weights of its own, about as many values as the others: it adds up
their gradients, cuts them and runs the optimiser on them.  What comes out does not
depend on how many threads there are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, chain, pairwise
from typing import Any, TypeVar

import torch
from torch import Tensor

MAX_GRADIENT_NORM = 1.0

T = TypeVar("T")


class WeightSteps:
    """AdamW on named *weights*, dealt out to *n_threads*."""

    def __init__(self, weights: Mapping[str, Tensor], n_threads: int) -> None:
        self._weights = dict(weights)
        all_of_it = list(weights.values())
        ends = _ends([weight.numel() for weight in all_of_it], n_threads)
        self._lanes = [slice(a, b) for a, b in pairwise([0, *ends]) if a < b]
        self._optimizers = [
            torch.optim.AdamW(all_of_it[lane], weight_decay=0.0, fused=True)
            for lane in self._lanes
        ]
        self._pool = ThreadPoolExecutor(len(self._lanes))

    def add(self, gradient: tuple[Tensor, ...], other: tuple[Tensor, ...]) -> None:
        """Add *other* to *gradient*, in place."""
        self._each(lambda lane, _: torch._foreach_add_(gradient[lane], other[lane]))

    def step(self, gradient: tuple[Tensor, ...], learning_rate: float) -> None:
        """Follow *gradient*, cut to `MAX_GRADIENT_NORM`; it is used up."""
        found = self._each(lambda lane, _: torch._foreach_norm(gradient[lane]))
        norm = torch.linalg.vector_norm(torch.stack(list(chain.from_iterable(found))))

        def follow(lane: slice, optimizer: torch.optim.AdamW) -> None:
            (group,) = optimizer.param_groups
            for weight, value in zip(group["params"], gradient[lane], strict=True):
                weight.grad = value
            torch.nn.utils.clip_grads_with_norm_(
                group["params"], MAX_GRADIENT_NORM, norm
            )
            group["lr"] = learning_rate
            optimizer.step()
            optimizer.zero_grad()

        self._each(follow)

    def state(self) -> dict[str, dict[str, Tensor]]:
        """Where the optimiser stands with each weight."""
        known = {w: s for o in self._optimizers for w, s in o.state.items()}
        return {name: known[weight] for name, weight in self._weights.items()}

    def restore(self, state: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Go back to a `state`, of whatever number of threads."""
        names = list(self._weights)
        for lane, optimizer in zip(self._lanes, self._optimizers, strict=True):
            optimizer.state.clear()
            for name in names[lane]:
                weight = self._weights[name]
                stood = {k: v.to(weight.device) for k, v in state[name].items()}
                optimizer.state[weight] = stood

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    def _each(self, act: Callable[[slice, Any], T]) -> list[T]:
        return list(self._pool.map(act, self._lanes, self._optimizers))


def _ends(sizes: Sequence[int], n_parts: int) -> list[int]:
    """
    Where parts in a row with about the same sum end.

    >>> _ends([4, 1, 1, 1, 1], 2), _ends([8], 3)
    ([1, 5], [0, 1, 1])
    """
    sums = list(accumulate(sizes, initial=0))
    middles = [before + size / 2 for before, size in zip(sums, sizes, strict=False)]
    cuts = [sums[-1] * part / n_parts for part in range(1, n_parts)]
    return [bisect_left(middles, cut) for cut in cuts] + [len(sizes)]
