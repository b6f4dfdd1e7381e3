"""
Learning curves: what more training examples would bring, and how sure that is.

Quality after *n* examples is taken to follow ``most - lack * n ** -speed``; the range
comes from refitting to points redrawn with the noise of their test sets.  Nothing is
promised from fewer than three points, nor for more than eight times as many examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEAST_POINTS = 3
FURTHEST = 8.0
"""Times the most examples seen, beyond which nothing is said."""
_SPEEDS = np.linspace(0.05, 1.5, 59)


@dataclass(frozen=True, kw_only=True)
class LearningPoint:
    """How good a model was that was trained on so many examples."""

    n_train: int
    quality: float
    n_test: int


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Quality of a model tuned on so many: 5, 50 and 95 % of what it may be."""

    n_train: int
    low: float
    middle: float
    high: float
    p_reaches: float
    """Share of the fits that reach the quality asked for."""


def forecast(
    points: Sequence[LearningPoint],
    n_train: int,
    *,
    wanted: float,
    rng: np.random.Generator,
    n_draws: int = 400,
) -> Forecast | None:
    """
    What *n_train* examples would give; ``None`` where the points do not tell.

    >>> points = [LearningPoint(n_train=n, quality=0.95 - 2 / n**0.5, n_test=10**6)
    ...     for n in (25, 50, 100, 200)]
    >>> rng = np.random.default_rng(7)
    >>> found = forecast(points, 400, wanted=0.8, rng=rng)
    >>> round(found.middle, 2), found.p_reaches
    (0.85, 1.0)
    """
    seen = sorted(points, key=lambda p: p.n_train)
    if len({p.n_train for p in seen}) < LEAST_POINTS:
        return None
    if n_train > FURTHEST * seen[-1].n_train:
        return None
    ends, middle = _ends(seen, float(n_train), rng, n_draws)
    low, high = np.quantile(ends, [0.05, 0.95])
    return Forecast(
        n_train=n_train,
        low=float(low),
        middle=middle,
        high=float(high),
        p_reaches=float(np.mean(ends >= wanted)),
    )


def _ends(
    seen: Sequence[LearningPoint], at: float, rng: np.random.Generator, n_draws: int
) -> tuple[Floats, float]:
    """Qualities that a model may have there, and that of the curve itself."""
    sizes = np.array([p.n_train for p in seen], dtype=np.float64)
    quality = np.array([p.quality for p in seen])
    tests = np.array([max(2, p.n_test) for p in seen], dtype=np.float64)
    noise = np.sqrt(np.maximum(quality * (1 - quality), 0.5 / tests) / tests)
    fitted = _fit(sizes, quality[None, :], 1 / noise, at)[0]
    # Points scatter by their training as well: the fit's own residuals tell how far.
    residual = quality - _fit_at(sizes, quality, 1 / noise)
    free = max(1, len(seen) - LEAST_POINTS)
    scale = max(1.0, float(np.sqrt(np.sum((residual / noise) ** 2) / free)))
    redrawn = quality + rng.normal(0, 1, (n_draws, len(seen))) * noise * scale
    ends = _fit(sizes, redrawn, 1 / noise, at)
    # The next model scatters about the curve like those before it.
    ends = np.clip(ends + rng.normal(0, 1, n_draws) * noise[-1] * scale, 0, 1)
    return ends, float(np.clip(fitted, 0, 1))


def _fit(sizes: Floats, quality: Floats, weight: Floats, at: float) -> Floats:
    """Value at *at* of the curve that fits each row of *quality* best."""
    best = np.full(len(quality), np.inf)
    value = np.zeros(len(quality))
    for speed in _SPEEDS:
        found, error = _line(sizes**-speed, quality, weight, at**-speed)
        better = error < best
        best = np.where(better, error, best)
        value = np.where(better, found, value)
    return value


def _fit_at(sizes: Floats, quality: Floats, weight: Floats) -> Floats:
    """The best curve's values at the points themselves."""
    row = quality[None, :]
    return np.array([_fit(sizes, row, weight, float(n))[0] for n in sizes])


def _line(
    x: Floats, quality: Floats, weight: Floats, at: float
) -> tuple[Floats, Floats]:
    """Weighted least squares in ``x``; more examples never make it worse."""
    w = weight**2 / np.sum(weight**2)
    mean_x, mean_y = np.sum(w * x), quality @ w
    spread = np.sum(w * (x - mean_x) ** 2)
    slope = ((quality - mean_y[:, None]) @ (w * (x - mean_x))) / spread
    slope = np.minimum(slope, 0.0)
    fitted = mean_y[:, None] + slope[:, None] * (x - mean_x)[None, :]
    error = ((quality - fitted) ** 2) @ (weight**2)
    # No curve ends above a quality of 1.
    most = mean_y - slope * mean_x
    error = np.where(most > 1 + 1e-9, error + 1e3 * (most - 1), error)
    return mean_y + slope * (at - mean_x), error
