"""
Exact chances on the lattice of right and wrong answers.

A sequence of answers is followed by its number of failures; a *table* says, for each
n, with how many failures at most a candidate crosses the boundary (-1: with none).
Only what can still matter is carried along, so that 10,000 answers take a second:
states more than 9 standard deviations out are left off (a chance below 1e-15).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_FAR = 9.0


def crossings(quality: float, tables: Ints) -> Floats:
    """Chance to cross first at each n; a row for each row of *tables*."""
    rows, n_max = tables.shape
    alive = np.zeros((rows, max(int(tables.max()), 0) + 2))
    alive[:, 0] = 1.0
    first = np.zeros((rows, n_max))
    below, above = tables.min(axis=0), tables.max(axis=0)
    ends = np.minimum(_far_out(quality, n_max), alive.shape[1])
    start = 0
    for i in range(n_max):
        live = alive[:, start : ends[i]]
        failed = live[:, :-1] * (1 - quality)
        live *= quality
        live[:, 1:] += failed
        if above[i] >= start:
            near = alive[:, start : above[i] + 1]
            crossed = np.arange(start, above[i] + 1) <= tables[:, i, None]
            first[:, i] = np.sum(near, axis=1, where=crossed)
            near[crossed] = 0.0
        start = max(start, int(below[i]) + 1)
    return first


def _far_out(quality: float, n_max: int) -> Ints:
    """One more than the most failures worth following at each n."""
    n = np.arange(1, n_max + 1)
    spread = np.sqrt(n * quality * (1 - quality))
    ends: Ints = np.ceil(n * (1 - quality) + _FAR * spread + 10).astype(np.int64)
    return ends


def chance_to_cross(quality: float, tables: Ints) -> Floats:
    """Chance to cross at any n; one for each row of *tables*."""
    chance: Floats = crossings(quality, tables).sum(axis=1)
    return chance


class Tails:
    """
    P-values of "quality is at most the edge", kept where they matter.

    Exact but for the rounding to half the memory, which is upwards: never too small.
    """

    def __init__(self, edge: float, n_max: int) -> None:
        n = np.arange(1, n_max + 1)
        mean, spread = n * (1 - edge), np.sqrt(n * edge * (1 - edge))
        self.first: Ints = np.maximum(mean - 8 * spread, 0).astype(np.int64)
        width = int(np.ceil((mean + spread - self.first).max())) + 2
        self.values: npt.NDArray[np.float32] = np.empty(
            (n_max, width), dtype=np.float32
        )
        # Chance of so many failures at most: each n from the one before, which errs
        # by some n roundings, relatively, and takes a fraction of evaluating each.
        within = np.ones(int(self.first.max()) + width)
        for i, first in enumerate(self.first):
            fewer = within[:-1] * (1 - edge)
            within *= edge
            within[1:] += fewer
            self.values[i] = within[first : first + width]
            self.values[i, max(i + 1 - first, 0) :] = 1.0
        np.nextafter(self.values, np.float32(2), out=self.values)

    def table(self, levels: Floats) -> Ints:
        """Most failures at each n whose p-value is at most the level there."""
        below = np.nextafter(levels.astype(np.float32), np.float32(0))
        few = np.sum(self.values <= below[:, None], axis=1)
        table: Ints = np.where(few > 0, self.first + few, 0) - 1
        return table


def futile_failures(
    table: Ints, futility: float, *, right: float, wrong: float
) -> Ints:
    """
    Fewest failures at each n that leave a predicted chance of crossing < *futility*.

    Each next answer is expected to be right with the posterior mean under a
    Beta(*right*, *wrong*) prior (Polya's urn).
    """
    n_max, width = len(table), max(int(table.max()) + 2, 1)
    failures = np.arange(width)
    ahead = np.zeros(width)
    futile = np.zeros(n_max, dtype=np.int64)
    for n in range(n_max, 0, -1):
        ahead = np.where(failures <= table[n - 1], 1.0, ahead)
        futile[n - 1] = np.argmax(np.append(ahead < futility, True))
        chance = (n - 1 - failures + right) / (n - 1 + right + wrong)
        chance = np.clip(chance, 0.0, 1.0)
        ahead = chance * ahead + (1 - chance) * np.append(ahead[1:], 0.0)
    return futile
