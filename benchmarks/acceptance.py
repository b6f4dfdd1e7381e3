"""
How often a climb errs, and how many calls it takes: simulated, many thousand times.

    python -m benchmarks.acceptance > benchmarks/acceptance.md

Six rungs, bar 0.85, margin 0.03, so that nothing at or below 0.82 may be accepted
with more than alpha = 5 %; 500 test examples, 3,000 calls if everything were run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from benchmarks.climbs import (
    N_DEV,
    Draws,
    Ends,
    Judge,
    Result,
    World,
    climb,
    ends_of,
    judge_binary,
    judge_graded,
)
from suffice.statistics import binary, lattice
from suffice.statistics.acceptance import Design, expected_n, interval
from suffice.statistics.power import pass_chance

SEED = 20_261_121
DESIGN = Design(bar=0.85, margin=0.03, alpha=0.05, n_max=500)
EVERY_10 = replace(DESIGN, look_every=10)
GRADED = Design(bar=0.85, margin=0.03, alpha=0.05, n_max=200, graded=True)

WORLDS = (
    World(name="first rung passes", qualities=(0.93, 0.93, 0.94, 0.94, 0.95, 0.95)),
    World(name="rung 3 passes", qualities=(0.65, 0.78, 0.92, 0.93, 0.94, 0.95)),
    World(name="only tuning passes", qualities=(0.5, 0.6, 0.7, 0.78, 0.93, 0.94)),
    World(name="none passes", qualities=(0.5, 0.55, 0.6, 0.65, 0.77, 0.8)),
)
GRADED_WORLDS = (
    World(name="first rung passes", qualities=(0.9,) * 6),
    World(name="rung 3 passes", qualities=(0.65, 0.78, 0.9, 0.9, 0.9, 0.9)),
    World(name="only tuning passes", qualities=(0.5, 0.6, 0.7, 0.78, 0.9, 0.9)),
    World(name="none passes", qualities=(0.5, 0.55, 0.6, 0.65, 0.77, 0.8)),
)
RIGHT = (0, 2, 4, -1)
"""The cheapest rung that is good enough, in each of the worlds."""

EDGE = (0.82,) * 6
BOUNDARY = (
    World(name="all at the edge", qualities=EDGE),
    World(name="all at the edge, independent", qualities=EDGE, correlation=0.0),
    World(name="all at the edge, opposed", qualities=EDGE, correlation=-1.0),
    World(name="five at the edge, then 0.93", qualities=(*EDGE[:5], 0.93)),
    World(name="five at 0.80, then 0.93", qualities=(*(0.8,) * 5, 0.93)),
    World(name="one at the edge after five at 0.70", qualities=(*(0.7,) * 5, 0.82)),
    World(name="all at the bar (no error possible)", qualities=(0.85,) * 6),
)


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to climb."""

    name: str
    design: Design
    judge: Judge = judge_binary
    from_dev: bool = False
    """Whether the rungs' dev answers steer the shares and the giving up."""


def reference(latent: Draws, quality: float, design: Design) -> Ends:
    """Pocock boundary at every 5th example, uniform prior, giving up from the 20th."""
    table, futile = _pocock(design.edge, design.alpha, design.n_max)
    return ends_of(latent, quality, design, table=table, futile=futile)


@lru_cache
def _pocock(edge: float, alpha: float, n_max: int):  # type: ignore[no-untyped-def]
    looks = np.arange(1, n_max + 1) % 5 == 0
    tails, low, high = lattice.Tails(edge, n_max), alpha / 1000, alpha
    for _ in range(30):
        level = np.sqrt(low * high)
        table = np.where(looks, tails.table(np.full(n_max, level)), -1)
        crosses = lattice.chance_to_cross(edge, table)
        low, high = (level, high) if crosses <= alpha else (low, level)
    table = np.where(looks, tails.table(np.full(n_max, low)), -1)
    futile = lattice.futile_failures(table, 0.01, right=1.0, wrong=1.0)
    return table, np.where(np.arange(1, n_max + 1) < 20, n_max + 1, futile)


def main(n_climbs: int = 20_000) -> None:
    """Print the tables."""
    began = time.process_time()
    ways = (
        Way(name="reference: Pocock, every 5", design=DESIGN, judge=reference),
        Way(name="even shares, every 10", design=EVERY_10),
        Way(name="even shares, every 5", design=DESIGN),
        Way(name=f"{N_DEV} dev answers known, 10", design=EVERY_10, from_dev=True),
        Way(name=f"**suffice: {N_DEV} known, 5**", design=DESIGN, from_dev=True),
    )
    print(_head(n_climbs))
    for way in ways:
        print(_world_row(way, WORLDS, n_climbs))
    print(_exact_row("even shares, every 5, exact", DESIGN))
    print(_GRADED_HEAD)
    graded = Way(name="bets, every 5", design=GRADED, judge=judge_graded)
    print(_world_row(graded, GRADED_WORLDS, n_climbs))
    print(_boundary_head())
    for world in BOUNDARY:
        print(_boundary_row(world, n_climbs))
    print(f"\n{time.process_time() - began:.0f} CPU-seconds, seed {SEED}.")


def _world_row(way: Way, worlds: Sequence[World], n_climbs: int) -> str:
    cells, n_wrong = [], 0
    for world, right in zip(worlds, RIGHT, strict=True):
        done = climb(
            world,
            way.design,
            way.judge,
            n_climbs=n_climbs,
            rng=np.random.default_rng(SEED),
            from_dev=way.from_dev,
        )
        share = np.mean(done.accepted == right)
        cells.append(f"{done.n_calls.mean():.1f} ({share:.2%})")
        n_wrong += n_false(world, done, way.design.edge)
    return f"| {way.name} | {' | '.join(cells)} | {n_wrong / n_climbs / 4:.3%} |"


def _exact_row(name: str, design: Design) -> str:
    """The same without chance, were the rungs independent."""
    own = replace(design, alpha=design.alpha / 6)
    cells, wrong = [], 0.0
    for world, right in zip(WORLDS, RIGHT, strict=True):
        reached, n, ends = 1.0, 0.0, []
        for quality in world.qualities:
            n += reached * expected_n(quality, own)
            ends.append(reached * pass_chance(quality, own))
            reached -= ends[-1]
        pairs = zip(ends, world.qualities, strict=True)
        wrong += sum(end for end, quality in pairs if quality <= design.edge)
        cells.append(f"{n:.1f} ({[*ends, reached][right]:.2%})")
    return f"| {name} | {' | '.join(cells)} | {wrong / 4:.3%} |"


def _boundary_row(world: World, n_climbs: int) -> str:
    cells = []
    for from_dev, futility in ((False, 0.02), (True, 0.02), (False, 0.0)):
        design = replace(DESIGN, futility=futility)
        rng = np.random.default_rng(SEED + 1)
        done = climb(
            world, design, judge_binary, n_climbs=n_climbs, rng=rng, from_dev=from_dev
        )
        wrong = n_false(world, done, design.edge)
        low, high = interval([1.0] * wrong + [0.0] * (n_climbs - wrong))
        cells.append(f"{wrong / n_climbs:.2%} ({low:.2%} to {high:.2%})")
    return f"| {world.name} | " + " | ".join(cells) + " |"


def n_false(world: World, done: Result, edge: float) -> int:
    """Climbs that accepted a rung no better than the edge."""
    qualities = np.array([*world.qualities, 1.0])
    return int(np.sum(qualities[done.accepted] <= edge))


def _head(n_climbs: int) -> str:
    rows = "\n".join(
        f"- {w.name}: " + ", ".join(f"{q:.2f}" for q in w.qualities) for w in WORLDS
    )
    return f"""# Errors and calls of a climb

`python -m benchmarks.acceptance {n_climbs} > benchmarks/acceptance.md`

{n_climbs:,} climbs in each world: six rungs, bar 0.85, margin 0.03, alpha 0.05, 500
test examples a rung (3,000 calls if everything were run), latent correlation 0.6
between the rungs.

The worlds, as the qualities of the rungs in the order of the climb:

{rows}

Mean calls, and in brackets how often the climb ended at the right rung; the last
column is how often a rung at or below 0.82 was accepted.  The reference tests at every
5th example with a Pocock boundary, and gives up on a uniform prior at 1 % from the
20th.  Dev answers are those on which the prompt was chosen: they are not counted.
A climb of suffice's own looks every 5 and knows its dev answers: the row in bold.

{_COLUMNS}"""


_COLUMNS = (
    "| way | " + " | ".join(w.name for w in WORLDS) + " | false |\n| --- |"
) + " --- |" * 5

_GRADED_HEAD = f"""
Graded scores (Beta, with a spread of 0.13 at 0.9), 200 test examples a rung, the
passing rungs at 0.90:

{_COLUMNS}"""


def _boundary_head() -> str:
    share = replace(DESIGN, alpha=DESIGN.alpha / 6)
    error = lattice.chance_to_cross(share.edge, binary.boundary(share).table)
    return f"""
How often a rung at or below the edge of 0.82 is accepted, where that is likeliest (in
brackets the 95 % interval of the simulation).  At most 5 % is promised.  One rung at
the edge is accepted with {error:.3%} of the {share.alpha:.3%} of its even share
(exact), so six of them with at most {6 * error:.2%}, however they hang together; and
that is about what happens: the even split leaves nothing over.

| world | even shares | shares from dev | even shares, never giving up |
| --- | --- | --- | --- |"""


if __name__ == "__main__":
    main(*(int(n) for n in sys.argv[1:]))
