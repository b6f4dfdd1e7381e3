"""
Limits of a mean that hold whenever one stops, for scores that nobody designed for.

`suffice.statistics.acceptance.look` judges a candidate by its design.  A part of the
same scores, such as those of one tag, was stopped by what all of them said: its
interval has to hold at every moment as well.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from suffice.statistics import binary, graded
from suffice.statistics.clusters import closed_means

Floats = npt.NDArray[np.float64]

_LONGEST = 512
"""Orders up to so long get exact limits; beyond, bets are as tight and quicker."""


def always_valid(
    scores: Sequence[float],
    alpha: float,
    *,
    n_max: int,
    clusters: Sequence[str] | None = None,
    final: bool = False,
) -> tuple[float, float]:
    """
    Ends of an interval of the mean that is missed at any time with chance <= *alpha*.

    *n_max* is how many scores there may be at most, known beforehand.  Exact for 0/1
    scores of short orders, by betting for all others and for clusters, as in `look`.

    >>> [round(end, 2) for end in always_valid([1] * 18 + [0, 1], 0.05, n_max=20)]
    [0.75, 1.0]
    """
    values = np.asarray(scores, dtype=np.float64)
    yes_or_no = bool(np.all((values == 0) | (values == 1)))
    if clusters is None and yes_or_no and n_max <= _LONGEST:
        return _exact(values, alpha / 2, n_max)
    units = closed_means(values, clusters, final=final)
    stakes = graded.bets(alpha / 2, n_max)
    return (
        graded.lower_limit(units, stakes, peeked=True),
        1 - graded.lower_limit(1 - units, stakes, peeked=True),
    )


def _exact(values: Floats, alpha: float, n_max: int) -> tuple[float, float]:
    if not len(values):
        return 0.0, 1.0
    # Few lengths, as each takes a while to work out: a longer order is stricter.
    level = binary.level_anywhere(alpha, max(8, 1 << (n_max - 1).bit_length()))
    seen, right = np.arange(1.0, len(values) + 1), values.cumsum()
    low = binary.lower(right, seen, level).max()
    high = 1 - binary.lower(seen - right, seen, level).max()
    mean = float(values.mean())
    return min(float(low), mean), max(float(high), mean)
