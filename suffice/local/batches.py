"""
Cuts examples into batches of like length, so that little is padding.

Shuffles which examples meet and the order of the batches, never the lengths:
examples are shuffled, sorted by length within large pools, cut, and the
batches shuffled again.  What all of a batch begin with, such as the instructions in
each line of the file, is computed once for each part of it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

POOL_BATCHES = 50
"""How many batches are sorted together; beyond that, order stays random."""

SHARE_TOKENS = 320
"""Tokens that one core computes at once, at most, where one example is not longer."""

MIN_SHARED_TOKENS = 16
"""A common beginning shorter than this is sooner computed again."""


class Item(Protocol):
    """What a batch is made of."""

    @property
    def ids(self) -> tuple[int, ...]:
        """Every token that is computed for it."""

    @property
    def rows(self) -> tuple[Sample, ...]:
        """The texts it consists of."""

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
    def rows(self) -> tuple[Sample, ...]:
        """Itself."""
        return (self,)

    @property
    def n_unread(self) -> int:
        """Tokens at the beginning whose outcome nobody looks at."""
        first = self.learned.index(True) if True in self.learned else len(self.ids)
        return max(0, first - 1)

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


def n_shared(samples: Sequence[Sample]) -> int:
    """
    Tokens that all of *samples* begin with; 0 where sharing them saves nothing.

    What follows the last of them is learned in none.

    >>> asked, *others = [
    ...     Sample(ids=(*range(20), n), learned=(*[False] * 20, True)) for n in (7, 8)
    ... ]
    >>> n_shared([asked, *others]), n_shared([asked])
    (19, 0)
    """
    if len(samples) < 2:
        return 0
    most = min(sample.n_unread for sample in samples)
    columns = zip(*(sample.ids[:most] for sample in samples), strict=True)
    n = next((n for n, ids in enumerate(columns) if len({*ids}) > 1), most)
    return n if n >= MIN_SHARED_TOKENS else 0


def shares(samples: Sequence[Item], batch: Sequence[int]) -> list[list[int]]:
    """
    The batch cut into parts of about as many tokens, which are computed one by one.

    Few and large, for each reads all weights; not too large, for their memory on the
    way back; and even in number, so that two cores end together.  They depend on the
    batch only, so that the sums are the same on any number of cores.

    >>> short, long = [
    ...     Sample(ids=(1,) * n, learned=(True,) * n) for n in (40, 120)
    ... ]
    >>> shares([short, long, short, short], [0, 1, 2, 3])
    [[0, 2, 3], [1]]
    """
    ordered = sorted(batch, key=lambda i: (len(samples[i].ids), i))
    shared = n_shared([row for i in batch for row in samples[i].rows])
    widths = [len(samples[i].ids) - shared * len(samples[i].rows) for i in ordered]
    n_parts = -(-sum(widths) // SHARE_TOKENS)
    n_parts = min(len(ordered), n_parts + n_parts % 2)
    each = sum(widths) / max(1, n_parts)
    parts: list[list[int]] = [[] for _ in range(n_parts)]
    done = 0
    for i, width in zip(ordered, widths, strict=True):
        # By its middle: what lies on the edge belongs to the nearer part.
        parts[min(n_parts - 1, int((done + width / 2) / each))].append(i)
        done += width
    return [part for part in parts if part]
