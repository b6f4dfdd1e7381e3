"""
How the error is shared among the rungs of a climb.

A climb errs when it accepts a rung that is no better than the edge.  Rung i does so
with chance at most alpha_i, so the climb does with at most the sum of the shares:
whatever the order, and however the rungs' scores hang together.  No split can do with
a larger sum: six rungs that sit exactly at the edge and are independent are accepted
wrongly with chance ``1 - (1 - alpha_1) ... (1 - alpha_6)``, nearly the sum.  That the
climb stops at its first acceptance does not help, for then there was none before.

What is free is *where* the error is spent.  A share buys a rung ``log(share)`` worth
of evidence, so the fewest calls on average come from shares in proportion to the
chance that the climb ends there.  The dev examples know that chance, and they are not
the test examples: shares that depend on them alone keep the promise.

A rung that has passed may hand its share to *one* rung that is tested after it: add
the two (Bretz et al., https://doi.org/10.1002/sim.3495).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import betaincc

from suffice.errors import UnusableInput

LATER = 0.5
"""Chance to pass that is reckoned for each rung of which nothing is known yet."""

MOST = 1.5
"""Most a rung may take, in even shares: a rung just under the edge looks good on few
dev examples, and would use up what it is given."""


def alpha_share(
    confidence: float,
    n_rungs: int,
    rung_index: int = 0,
    *,
    chances: Sequence[float] = (),
) -> float:
    """
    Share of the error that one of *n_rungs* rungs may use.

    Equal shares when nothing is known.  *chances* are the chances to pass, judged
    from the dev examples alone, of this rung and of each one before it: a rung takes
    from what is left according to its chance and to what may come after it.

    >>> round(alpha_share(0.95, 5), 4)
    0.01
    >>> [round(alpha_share(0.95, 3, i, chances=[0.02, 0.9, 0.9]), 4) for i in range(3)]
    [0.001, 0.025, 0.024]
    """
    if not 0 <= rung_index < n_rungs:
        raise UnusableInput(
            f"rung_index is {rung_index!r} of {n_rungs!r} rungs: count from 0."
        )
    left = 1 - confidence
    if len(chances) == 0:
        return left / n_rungs
    if len(chances) <= rung_index:
        raise UnusableInput(
            f"{len(chances)} chances for rung {rung_index!r}: give its own, and that "
            "of each rung before it."
        )
    share, even = 0.0, left / n_rungs
    for i in range(rung_index + 1):
        own = min(max(chances[i], 0.01), 1.0)
        part = own / (own + LATER * (n_rungs - 1 - i))
        share = min(left * part, MOST * even)
        left -= share
    return share


def chance_from_dev(scores: Sequence[float], bar: float) -> float:
    """
    Chance that quality is over *bar*, judged from scores on dev examples.

    One half of nothing known is shared evenly over 0 to 1.

    >>> round(chance_from_dev([1] * 18 + [0] * 2, 0.8), 2)
    0.82
    """
    right = float(np.sum(scores))
    return float(betaincc(1 + right, 1 + len(scores) - right, bar))
