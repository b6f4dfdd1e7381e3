"""
When to stop measuring graded scores: a forecast of where the bets will end.

A forecast, not a promise: it may cost a pass, but it can never grant one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from suffice.statistics.graded import Bets

Floats = npt.NDArray[np.float64]

IMAGINED = 2
"""Scores of 1 that are imagined besides those seen, for an unlucky start."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """How each stake has done so far: the last axis is the stake."""

    gained: Floats
    """Sum of its logarithmic gains."""
    mean: Floats
    variance: Floats
    """Of one gain, the imagined scores among them."""
    n: npt.NDArray[np.int64]
    """Scores seen and imagined."""


def course(scores: Floats, mean: float, stakes: Bets) -> Course:
    """Course of the bets over these scores."""
    return course_of_gains(stakes.gains(scores, mean), mean, stakes)


def course_of_gains(gains: Floats, mean: float, stakes: Bets) -> Course:
    """The same from the gains: the last two axes are the score and the stake."""
    imagined = stakes.gains(np.ones(IMAGINED), mean)
    gained = gains.sum(axis=-2)
    n = np.array(gains.shape[-2] + len(imagined))
    average = (gained + imagined.sum(axis=0)) / n
    square = np.sum(gains**2, axis=-2) + np.sum(imagined**2, axis=0)
    return Course(
        gained=gained,
        mean=average,
        variance=np.maximum(square / n - average**2, 0.0),
        n=n,
    )


def course_of_counts(
    right: npt.NDArray[np.int64],
    wrong: npt.NDArray[np.int64],
    mean: float,
    stakes: Bets,
) -> Course:
    """The same for any numbers of scores of 1 and of 0."""
    gain = stakes.gains(np.array([1.0, 0.0]), mean)
    n = right + wrong + IMAGINED
    share = ((right + IMAGINED) / n)[..., None]
    return Course(
        gained=right[..., None] * gain[0] + wrong[..., None] * gain[1],
        mean=share * gain[0] + (1 - share) * gain[1],
        variance=share * (1 - share) * (gain[0] - gain[1]) ** 2,
        n=n,
    )


def chance_to_pass(so_far: Course, mean: float, stakes: Bets, n_left: int) -> Floats:
    """
    Predicted chance that the purse reaches its goal within *n_left* more scores.

    Normal, for the stake that promises most, doubled because the goal may be reached
    before the end; 0 when not even scores of 1 throughout would reach it.
    """
    best = n_left * stakes.gains(np.array([1.0]), mean)[0]
    possible = stakes.purse(so_far.gained + best) >= stakes.log_goal
    ahead = n_left * so_far.mean
    n = so_far.n[..., None]
    spread = np.sqrt(so_far.variance * (n_left + n_left**2 / n) + 1e-12)
    need = stakes.log_goal - stakes.log_shares - so_far.gained
    chances = 2 * ndtr((ahead - need) / spread).max(axis=-1)
    predicted: Floats = np.where(possible, np.minimum(chances, 1.0), 0.0)
    return predicted


def is_futile(
    scores: Floats, mean: float, stakes: Bets, *, n_left: int, futility: float
) -> bool:
    """Whether *n_left* more scores would hardly refute a mean of at most *mean*."""
    chance = chance_to_pass(course(scores, mean, stakes), mean, stakes, n_left)
    return bool(chance < futility or chance == 0) and not math.isnan(chance)
