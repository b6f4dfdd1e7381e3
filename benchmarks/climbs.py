"""
Simulated climbs: many at once, on the rulings that suffice itself would give.

Every climb has one test order.  An example is hard or easy for all rungs alike, to
the degree of the latent correlation; each rung's quality is its chance to be right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import betaincc, ndtr, ndtri
from scipy.stats import beta

from suffice.statistics import binary, futility, graded
from suffice.statistics.acceptance import Design, alpha_share

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

N_DEV = 40
_CHUNK = 2_000
_BETA_PRECISION = 0.9 * 0.1 / 0.13**2 - 1


@dataclass(frozen=True, kw_only=True)
class World:
    """What is true of the rungs, unknown to the climb."""

    name: str
    qualities: tuple[float, ...]
    correlation: float = 0.6
    """Latent, between rungs on one example; under 0: as opposed as they can be."""

    def latent(
        self, rng: np.random.Generator, n_climbs: int, n: int
    ) -> Iterator[npt.NDArray[np.float32]]:
        """Normal draws for one rung after the other, all on the same examples."""
        shape, k = (n_climbs, n), len(self.qualities)
        own = (rng.standard_normal(shape, dtype=np.float32) for _ in range(k))
        if self.correlation < 0:
            draws = np.stack(list(own))
            centred = draws - draws.mean(axis=0)
            yield from centred * np.sqrt(k / (k - 1))
            return
        common = rng.standard_normal(shape, dtype=np.float32)
        weights = np.sqrt([self.correlation, 1 - self.correlation])
        for draw in own:
            yield (weights[0] * common + weights[1] * draw).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of the climbs in one world."""

    accepted: Ints
    """Index of the accepted rung; -1 for none."""
    n_calls: Ints


@dataclass(frozen=True, kw_only=True)
class Ends:
    """For each climb: whether the rung passes, and after how many examples it ends."""

    passed: npt.NDArray[np.bool_]
    n: Ints


Draws = npt.NDArray[np.float32]
Judge = Callable[[Draws, float, Design], Ends]


def climb(
    world: World,
    design: Design,
    judge: Judge,
    *,
    n_climbs: int,
    rng: np.random.Generator,
    from_dev: bool = False,
) -> Result:
    """
    Climb until the first rung that passes, *n_climbs* times.

    The alpha of the design is that of the whole climb.  It is split evenly, or by
    how the rungs did on N_DEV dev examples of their own.
    """
    results = [
        _climb_chunk(
            world,
            design,
            judge,
            n_climbs=min(_CHUNK, n_climbs - i),
            rng=rng,
            from_dev=from_dev,
        )
        for i in range(0, n_climbs, _CHUNK)
    ]
    return Result(
        accepted=np.concatenate([r.accepted for r in results]),
        n_calls=np.concatenate([r.n_calls for r in results]),
    )


def _climb_chunk(
    world: World,
    design: Design,
    judge: Judge,
    *,
    n_climbs: int,
    rng: np.random.Generator,
    from_dev: bool,
) -> Result:
    accepted = np.full(n_climbs, -1)
    n_calls = np.zeros(n_climbs, dtype=np.int64)
    right, shares = _dev(world, design, n_climbs=n_climbs, rng=rng, from_dev=from_dev)
    for i, latent in enumerate(world.latent(rng, n_climbs, design.n_max)):
        kinds = np.stack([shares[i], right[i]], axis=1)
        for alpha, n_right in np.unique(kinds[accepted < 0], axis=0):
            same = (shares[i] == alpha) & (right[i] == n_right)
            on = np.flatnonzero((accepted < 0) & same)
            n_wrong = N_DEV - n_right if from_dev else 0.0
            own = replace(
                design, alpha=float(alpha), dev_right=n_right, dev_wrong=n_wrong
            )
            ends = judge(latent[on], world.qualities[i], own)
            n_calls[on] += ends.n
            accepted[on[ends.passed]] = i
    return Result(accepted=accepted, n_calls=n_calls)


def _dev(
    world: World,
    design: Design,
    *,
    n_climbs: int,
    rng: np.random.Generator,
    from_dev: bool,
) -> tuple[Floats, Floats]:
    """Right dev answers and alpha of each rung, rounded so that few differ."""
    k = len(world.qualities)
    if not from_dev:
        even = alpha_share(1 - design.alpha, k)
        return np.zeros((k, n_climbs)), np.full((k, n_climbs), even)
    draws = world.latent(rng, n_climbs, N_DEV)
    pairs = zip(draws, world.qualities, strict=True)
    right = np.stack([np.sum(z <= ndtri(q), axis=1) for z, q in pairs])
    chances = betaincc(1 + right, 1 + N_DEV - right, design.bar)
    shares = np.array([_climb_shares(c, design.alpha) for c in chances.T]).T
    grid = np.geomspace(1e-5, design.alpha, 75)
    floors = grid[np.searchsorted(grid, shares * (1 + 1e-9), side="right") - 1]
    return np.minimum(right // 4 * 4 + 2.0, N_DEV), floors


def _climb_shares(chances: Floats, alpha: float) -> list[float]:
    k = len(chances)
    return [alpha_share(1 - alpha, k, i, chances=chances[: i + 1]) for i in range(k)]


def judge_binary(latent: Draws, quality: float, design: Design) -> Ends:
    """The exact sequential test, as `suffice.statistics.acceptance.look` does it."""
    rule = _boundary(design)
    return ends_of(latent, quality, design, table=rule.table, futile=rule.futile)


_boundary = lru_cache(maxsize=None)(binary.boundary.__wrapped__)


def ends_of(
    latent: Draws, quality: float, design: Design, *, table: Ints, futile: Ints
) -> Ends:
    """Where the failures first meet either boundary, in whole looks."""
    failures = (latent > ndtri(quality)).cumsum(axis=1, dtype=np.int16)
    looks = _looks(design)
    passes = failures <= table.astype(np.int16)
    gives_up = failures[:, looks - 1] >= futile[looks - 1]
    return _ends(passes, gives_up, looks)


def judge_graded(latent: Draws, quality: float, design: Design) -> Ends:
    """The bets of `suffice.statistics.graded`, on Beta scores of spread 0.13."""
    grid = np.linspace(0, 1, 4001)
    k = _BETA_PRECISION
    scores = np.interp(
        ndtr(latent), grid, beta.ppf(grid, quality * k, (1 - quality) * k)
    )
    stakes, looks = graded.bets(design.alpha, design.n_max), _looks(design)
    gains = stakes.gains(scores, design.edge)
    sums = gains.cumsum(axis=1)
    passes = stakes.purse(sums) >= stakes.log_goal
    gives_up = np.empty((len(latent), len(looks)), dtype=np.bool_)
    for i, n in enumerate(looks):
        so_far = futility.course_of_gains(gains[:, :n], design.edge, stakes)
        chance = futility.chance_to_pass(
            so_far, design.edge, stakes, n_left=design.n_max - n
        )
        gives_up[:, i] = (chance < design.futility) | (chance == 0)
    return _ends(passes, gives_up, looks)


def _looks(design: Design) -> Ints:
    looks = np.arange(design.look_every, design.n_max, design.look_every)
    return np.append(looks, design.n_max)


def _ends(
    passes: npt.NDArray[np.bool_], gives_up: npt.NDArray[np.bool_], looks: Ints
) -> Ends:
    """A pass counts from the look that follows it; at the last look all ends."""
    noticed = np.searchsorted(looks, passes.argmax(axis=1) + 1)
    given_up = np.where(gives_up.any(axis=1), gives_up.argmax(axis=1), len(looks) - 1)
    passed = passes.any(axis=1) & (noticed <= given_up)
    return Ends(passed=passed, n=looks[np.where(passed, noticed, given_up)])
