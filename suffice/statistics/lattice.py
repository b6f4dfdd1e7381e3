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


def chance_to_cross(quality: float, table: Ints) -> float:
    """
    Chance to cross at any n.

    Failures never become fewer, so the boundary is met only where it rises: from one
    such n to the next everything moves on in one step.
    """
    highest = np.maximum.accumulate(table)
    rises = np.flatnonzero(np.diff(highest, prepend=-1)).tolist()
    ends = _far_out(quality, len(table)).tolist()
    in_steps = _Steps(quality)
    alive, fewest, seen, crossed = np.ones(1), 0, 0, 0.0
    for i in rises:
        moved = np.convolve(alive, in_steps[i + 1 - seen])
        above = int(highest[i]) + 1
        crossed += float(moved[: above - fewest].sum())
        alive = moved[above - fewest : ends[i] - fewest]
        fewest, seen = above, i + 1
        if not alive.size:
            break
    return crossed


class _Steps:
    """Chances of 0 ... m failures in m answers, by m."""

    def __init__(self, quality: float) -> None:
        self._one = np.array([quality, 1 - quality])
        self._known = [np.ones(1)]

    def __getitem__(self, m: int) -> Floats:
        while len(self._known) <= m:
            self._known.append(np.convolve(self._known[-1], self._one))
        return self._known[m]


def _far_out(quality: float, n_max: int) -> Ints:
    """One more than the most failures worth following at each n."""
    n = np.arange(1, n_max + 1)
    spread = np.sqrt(n * quality * (1 - quality))
    ends: Ints = np.ceil(n * (1 - quality) + _FAR * spread + 10).astype(np.int64)
    return ends


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
    failed = np.arange(width) + wrong
    ahead = np.zeros(width + 1)
    futile = np.zeros(n_max, dtype=np.int64)
    for n, passes in zip(range(n_max, 0, -1), table[::-1].tolist(), strict=True):
        ahead[: passes + 1] = 1.0
        low = ahead[: min(n + 1, width)] < futility
        first = int(np.argmax(low))
        futile[n - 1] = first if low[first] else len(low)
        # More than n - 1 failures cannot have been before the n-th answer.
        able = min(n, width)
        chance_wrong = failed[:able] * (1 / (n - 1 + right + wrong))
        ahead[:able] += chance_wrong * (ahead[1 : able + 1] - ahead[:able])
    return futile
