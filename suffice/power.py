"""What a design can prove, and what it will cost, before anything is spent."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from suffice import binary, graded
from suffice.designs import Design

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST = 20_000
"""Most further examples worth suggesting."""


def smallest_provable_quality(design: Design, power: float = 0.8) -> float:
    """
    Quality from which a candidate passes with a chance of at least *power*.

    1.0 when not even that would do: the test order is too short.  For graded scores
    it is the figure for 0/1 scores of that mean, the most scattered ones: an upper
    bound.

    >>> smallest_provable_quality(Design(bar=0.85, margin=0.03, alpha=0.01, n_max=500))
    0.885
    """
    low, high = design.edge, 1.0
    for _ in range(14):
        middle = (low + high) / 2
        if chance_to_pass(middle, design) >= power:
            high = middle
        else:
            low = middle
    return float(np.ceil(high * 1000) / 1000)


def chance_to_pass(quality: float, design: Design) -> float:
    """Chance that a candidate of this quality passes, futility included."""
    return float(_run(quality, design)[0].sum())


def expected_n(quality: float, design: Design) -> float:
    """Mean number of examples until the ruling, in whole looks."""
    passed, gone = _run(quality, design)
    n = np.arange(1, design.n_max + 1)
    at = np.minimum(np.ceil(n / design.look_every) * design.look_every, design.n_max)
    stopped = passed + gone
    return float(np.sum(stopped * at) + (1 - stopped.sum()) * design.n_max)


@lru_cache(maxsize=512)
def _run(quality: float, design: Design) -> tuple[Floats, Floats]:
    """Chances to pass, and to be given up, first at each n."""
    allowed, futile = _limits(design)
    width = int(max(futile.max(), allowed.max() + 1, 1))
    alive = np.zeros(width + 1)
    alive[0] = 1.0
    passed, gone = np.zeros(design.n_max), np.zeros(design.n_max)
    for i in range(design.n_max):
        failed = alive[:-1] * (1 - quality)
        alive = alive * quality
        alive[1:] += failed
        good = allowed[i] + 1
        passed[i] = alive[:good].sum()
        alive[:good] = 0.0
        if (i + 1) % design.look_every == 0 or i + 1 == design.n_max:
            gone[i] = alive[futile[i] :].sum()
            alive[futile[i] :] = 0.0
    return passed, gone


def _limits(design: Design) -> tuple[Ints, Ints]:
    if not design.graded:
        rule = binary.boundary(design)
        return rule.allowed, rule.futile
    return graded.as_failures(design.edge, design.alpha, design.n_max, design.futility)


def examples_more(units: Floats, design: Design) -> int | None:
    """
    Further examples with which the observed quality would probably (80 %) pass.

    ``None`` when it is at or below the edge, or more than MOST would be needed.
    """
    n = len(units)
    quality = float(units.mean()) if n else 1.0
    if quality <= design.edge:
        return None
    per = np.log(1 / design.alpha) + 3.0
    gain = _divergence(quality, design.edge)
    needed = int(np.ceil(per / gain))
    more = max(needed - n, design.look_every)
    return more if more <= MOST else None


def _divergence(quality: float, edge: float) -> float:
    quality = min(quality, 1 - 1e-9)
    return float(
        quality * np.log(quality / edge)
        + (1 - quality) * np.log((1 - quality) / (1 - edge))
    )
