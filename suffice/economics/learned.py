"""What a learning curve tells, in numbers and in words: its points, and twice as many.

Its qualities are those of dev, which the models did not learn from.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from suffice.economics.learning import (
    LEAST_POINTS,
    Forecast,
    LearningPoint,
    forecast,
)
from suffice.economics.wording import count
from suffice.results import CurvePoint

_SEED = 7


def twice(points: Sequence[LearningPoint], *, wanted: float) -> Forecast | None:
    """
    What twice the most examples seen would give; ``None`` where nothing tells.

    *wanted* is the quality whose chance is told.  The same points tell the same.
    """
    most = max((p.n_train for p in points), default=0)
    rng = np.random.default_rng(_SEED)
    return forecast(points, 2 * most, wanted=wanted, rng=rng)


def points_of(curve: Sequence[CurvePoint]) -> list[LearningPoint]:
    """The points of a drawn curve as a forecast takes them."""
    return [
        LearningPoint(n_train=p.n_train, quality=p.quality, n_test=p.n) for p in curve
    ]


def seen_on_dev(point: CurvePoint) -> str:
    """One point in words, such as ``tuned on 30 examples it scores 0.62 on dev``."""
    return (
        f"tuned on {count(point.n_train)} examples it scores {point.quality:.2f} on "
        f"dev ({point.quality_low:.2f} to {point.quality_high:.2f}, n = {point.n})"
    )


def told_curve(curve: Sequence[CurvePoint], *, bar: float) -> tuple[str, ...]:
    """What twice the examples would bring, or that it cannot be told; one sentence."""
    if not curve:
        return ()
    most = max(curve, key=lambda p: p.n_train)
    begun = f"Learning curve: {seen_on_dev(most)}"
    seen = twice(points_of(curve), wanted=bar)
    if seen is None:
        return (
            f"{begun}; what twice the examples would bring cannot be told from fewer "
            f"than {LEAST_POINTS} sizes.",
        )
    return (
        f"{begun}; twice the examples ({count(seen.n_train)}) would bring "
        f"{seen.middle:.2f} ({seen.low:.2f} to {seen.high:.2f}), and reach the bar "
        f"with a chance of {seen.p_reaches:.0%}.",
    )
