"""What a way of choosing costs over the days, and the cheapest way there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.year_worlds import (
    LADDER,
    Floats,
)

SWITCH_USD = 100.0
"""What any change of the choice costs in work, training apart."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one way of choosing has cost, and how often it changed its mind."""

    usd: float
    n_switches: int
    n_needless: int
    """Changes that cost more, until the next one, than staying would have."""


def settle(table: Floats, path: Sequence[int]) -> Outcome:
    """The bill of running *path*: running, changes, training once."""
    trained: set[int] = set()
    usd, n_needless = 0.0, 0
    changes = [0, *(d for d in range(1, len(path)) if path[d] != path[d - 1])]
    for i, day in enumerate(changes):
        chosen = path[day]
        end = changes[i + 1] if i + 1 < len(changes) else len(path)
        paid = _setup_usd(chosen, trained) if day else _train_usd(chosen, trained)
        trained.add(chosen)
        usd += paid
        if day:
            stayed = float(table[path[day - 1], day:end].sum())
            n_needless += paid + float(table[chosen, day:end].sum()) > stayed
    usd += float(table[np.array(path), np.arange(len(path))].sum())
    return Outcome(usd=usd, n_switches=len(changes) - 1, n_needless=n_needless)


def _train_usd(chosen: int, trained: set[int]) -> float:
    return 0.0 if chosen in trained else LADDER[chosen].upfront_usd or 0.0


def _setup_usd(chosen: int, trained: set[int]) -> float:
    return SWITCH_USD + _train_usd(chosen, trained)


def clairvoyant(table: Floats) -> list[int]:
    """The cheapest path of all, over what runs and what has been trained."""
    tuned = [i for i, m in enumerate(LADDER) if m.upfront_usd]
    masks = range(2 ** len(tuned))
    states = [(c, mask) for mask in masks for c in range(len(LADDER))]
    runs = np.array([c for c, _ in states])
    move = np.full((len(states), len(states)), np.inf)
    cost = np.full(len(states), np.inf)
    for j, (then, after) in enumerate(states):
        own_bit = 1 << tuned.index(then) if then in tuned else 0
        train = LADDER[then].upfront_usd or 0.0
        if after == own_bit:
            cost[j] = train + table[then, 0]
        for i, (now, before) in enumerate(states):
            if after == before | own_bit:
                pays = SWITCH_USD + train * (not before & own_bit)
                move[i, j] = 0.0 if now == then else pays
    came = np.zeros((table.shape[1], len(states)), dtype=int)
    for day in range(1, table.shape[1]):
        ways = cost[:, None] + move
        came[day] = ways.argmin(axis=0)
        cost = ways.min(axis=0) + table[runs, day]
    at = int(cost.argmin())
    path = [int(runs[at])]
    for day in range(table.shape[1] - 1, 0, -1):
        at = int(came[day, at])
        path.append(int(runs[at]))
    return path[::-1]
