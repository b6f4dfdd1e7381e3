"""
Cuts examples into batches of like length, so that little is padding.

Shuffles which examples meet and the order of the batches, never the lengths:
examples are shuffled, sorted by length within large pools, cut, and the
batches shuffled again.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

POOL_BATCHES = 50
"""How many batches are sorted together; beyond that, order stays random."""

SHARE_TOKENS = 192
"""Most tokens computed at once by one core; products are at full speed from 150."""


class Item(Protocol):
    """What a batch is made of."""

    @property
    def ids(self) -> tuple[int, ...]:
        """Every token that is computed for it."""

    @property
    def n_learned(self) -> int:
        """How often it counts in the loss."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One training example as token ids."""

    ids: tuple[int, ...]
    learned: tuple[bool, ...]
    """For each token, whether the model is taught to produce it."""

    @property
    def n_learned(self) -> int:
        """How many tokens count in the loss; the first has no context."""
        return sum(self.learned[1:])


def plan(
    samples: Sequence[Item], batch_size: int, rng: random.Random
) -> list[list[int]]:
    """
    One epoch: positions in *samples*, batch by batch, each position once.

    >>> short, long = [
    ...     Sample(ids=(1,) * n, learned=(True,) * n) for n in (3, 90)
    ... ]
    >>> sorted(plan([short, long, short, long], 2, random.Random(1)))
    [[0, 2], [1, 3]]
    """
    order = list(range(len(samples)))
    rng.shuffle(order)
    pool = batch_size * POOL_BATCHES
    batches = []
    for start in range(0, len(order), pool):
        alike = sorted(order[start : start + pool], key=lambda i: len(samples[i].ids))
        batches += [
            sorted(alike[i : i + batch_size]) for i in range(0, len(alike), batch_size)
        ]
    rng.shuffle(batches)
    return batches


def shares(samples: Sequence[Item], batch: Sequence[int]) -> list[list[int]]:
    """
    The batch cut into parts that are computed one by one, each of few tokens.

    Small parts keep the memory for the way back small, whatever the batch size,
    and give every core something to do.  They depend on the batch only, so that
    the sums are the same on any number of cores.

    >>> one = Sample(ids=(1,) * 70, learned=(True,) * 70)
    >>> shares([one] * 5, [0, 1, 2, 3, 4])
    [[0, 1], [2, 3], [4]]
    """
    ordered = sorted(batch, key=lambda i: (len(samples[i].ids), i))
    parts: list[list[int]] = []
    for i in ordered:
        width = len(samples[i].ids)
        if parts and (len(parts[-1]) + 1) * width <= SHARE_TOKENS:
            parts[-1].append(i)
        else:
            parts.append([i])
    return parts
