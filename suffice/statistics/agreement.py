"""
How far a judge can be trusted: its agreement with people, and rates corrected for it.

The people's scores are taken for the truth.  The corrected rate takes the judge's
errors out of the mean of its scores, and the interval grows by what is not known of
those errors: few labels, or a judge near to guessing, give a wide one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from suffice.errors import UnusableInput
from suffice.statistics.intervals import interval

Floats = npt.NDArray[np.float64]

_GOOD = 0.5

POOR = 0.4
"""Kappa under which agreement is no more than fair (Landis and Koch, 1977)."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """A judge beside people, on the same answers."""

    n: int
    agreement: float
    """Share of answers that both found good (a half or more), or both did not."""
    kappa: float
    """Agreement beyond chance: 1 is full, 0 is what guessing gives."""
    judge_mean: float
    human_mean: float


@dataclass(frozen=True, kw_only=True)
class Corrected:
    """A mean score with the judge's errors taken out."""

    rate: float
    """0 to 1."""
    low: float
    high: float
    """Ends of the interval; (0, 1) where the judge tells next to nothing."""


def agreement(judge: Sequence[float], human: Sequence[float]) -> Agreement:
    """
    Agreement of scores from 0 to 1, pair by pair.

    Kappa is Cohen's, with quadratic weights, so that grades that are close count as
    close; for scores of 0 and 1 the weights change nothing.  It is 1 where all scores
    are the same one, for then nothing disagrees.

    >>> round(agreement([1, 1, 0, 0, 1], [1, 0, 0, 0, 1]).kappa, 3)
    0.615
    """
    ours, theirs = _pairs(judge, human)
    # The mean square distance of any score of one to any of the other.
    by_chance = ours.var() + theirs.var() + (ours.mean() - theirs.mean()) ** 2
    apart = np.mean((ours - theirs) ** 2)
    return Agreement(
        n=len(ours),
        agreement=float(np.mean((ours >= _GOOD) == (theirs >= _GOOD))),
        kappa=float(1 - apart / by_chance) if by_chance > 0 else 1.0,
        judge_mean=float(ours.mean()),
        human_mean=float(theirs.mean()),
    )


def corrected_rate(
    scores: Sequence[float],
    judge: Sequence[float],
    human: Sequence[float],
    *,
    confidence: float = 0.95,
) -> Corrected:
    """
    The mean of *scores*, all by the judge, corrected by the labelled pairs.

    For scores of 0 and 1 the estimate of Rogan and Gladen, with the interval of Lang
    and Reiczigel (https://doi.org/10.1016/j.prevetmed.2013.09.015): a delta method
    that holds for few labels too.  For grades the mean error on the labels is taken
    off, and the two intervals, both exact, are added up.  Always within 0 and 1.
    """
    values = np.asarray(scores, dtype=np.float64)
    ours, theirs = _pairs(judge, human)
    if not 0 < confidence < 1:
        raise UnusableInput(
            f"confidence is {confidence!r}: it must be over 0 and under 1."
        )
    if not len(values):
        return Corrected(rate=0.5, low=0.0, high=1.0)
    everything = np.concatenate([values, ours, theirs])
    both_kinds = 0 < theirs.sum() < len(theirs)
    if np.all((everything == 0) | (everything == 1)) and both_kinds:
        return _rogan_gladen(values, ours, theirs, confidence)
    return _shifted(values, ours, theirs, confidence)


def _pairs(judge: Sequence[float], human: Sequence[float]) -> tuple[Floats, Floats]:
    ours, theirs = (np.asarray(s, dtype=np.float64) for s in (judge, human))
    if len(ours) != len(theirs) or not len(ours):
        raise UnusableInput(
            f"{len(ours)} scores by the judge and {len(theirs)} by people: give one of "
            "each for every labelled answer, and at least one answer."
        )
    both = np.concatenate([ours, theirs])
    if not np.all((both >= 0) & (both <= 1)):
        raise UnusableInput("scores must lie from 0 to 1.")
    return ours, theirs


def _rogan_gladen(
    values: Floats, ours: Floats, theirs: Floats, confidence: float
) -> Corrected:
    z = float(ndtri(0.5 + confidence / 2))
    n, right, wrong = len(values), ours[theirs == 1], 1 - ours[theirs == 0]
    # Imagined answers, two of each kind, keep the interval honest for few labels.
    found = (right.sum() + 1) / (len(right) + 2)
    cleared = (wrong.sum() + 1) / (len(wrong) + 2)
    passed = (values.sum() + z * z / 2) / (n + z * z)
    grip = found + cleared - 1
    spread_found = found * (1 - found) / (len(right) + 2)
    spread_cleared = cleared * (1 - cleared) / (len(wrong) + 2)
    rate = _clipped(
        _unmixed(float(values.mean()), float(right.mean()), float(wrong.mean()))
    )
    if grip <= z * math.sqrt(spread_found + spread_cleared):
        return Corrected(rate=rate, low=0.0, high=1.0)
    middle = (passed + cleared - 1) / grip
    shift = 2 * z * z * (middle * spread_found - (1 - middle) * spread_cleared)
    variance = passed * (1 - passed) / (n + z * z)
    variance += middle**2 * spread_found + (1 - middle) ** 2 * spread_cleared
    reach = z * math.sqrt(variance) / grip
    low, high = (_clipped(float(middle + shift + r)) for r in (-reach, reach))
    return Corrected(rate=rate, low=min(low, rate), high=max(high, rate))


def _unmixed(passed: float, found: float, cleared: float) -> float:
    """The true rate behind the rate that passed; that itself where nothing is told."""
    grip = found + cleared - 1
    return (passed + cleared - 1) / grip if grip > 0 else passed


def _shifted(
    values: Floats, ours: Floats, theirs: Floats, confidence: float
) -> Corrected:
    each = (1 + confidence) / 2
    error = ours - theirs
    low, high = interval(values.tolist(), each)
    # Errors lie in -1 to 1, the exact interval is of scores in 0 to 1.
    least, most = (2 * end - 1 for end in interval(((error + 1) / 2).tolist(), each))
    rate = _clipped(float(values.mean() - error.mean()))
    return Corrected(
        rate=rate,
        low=min(_clipped(low - most), rate),
        high=max(_clipped(high - least), rate),
    )


def _clipped(value: float) -> float:
    return min(1.0, max(0.0, value))
