"""What is reckoned from measurements: flip points, possible years, next steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class FlipPoint:
    """A value at which the verdict would change, everything else held still."""

    quantity: str
    """``requests_per_month``, ``bar``, ``horizon_months`` or a price's name."""
    now: float
    at: float
    to: str
    """Candidate that would be chosen beyond it."""
    text: str


@dataclass(frozen=True, kw_only=True)
class Band:
    """The 5 %, 50 % and 95 % quantiles of many possible years; ``None`` is *never*."""

    low: float | None
    middle: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class Likelihood:
    """One candidate over many possible years: volume, tokens, prices, quality."""

    candidate_key: str
    total_usd: Band
    """Over the horizon, what is paid upfront included."""
    usd_per_correct: Band
    """USD for one right answer."""
    p_good_enough: float
    """Share of the years in which its true quality reaches the bar, less the margin."""
    p_cheapest: float
    """Share of the years in which it is the cheapest that is good enough."""


@dataclass(frozen=True, kw_only=True)
class PaybackTime:
    """How long until moving to a candidate has repaid what it costs upfront."""

    from_key: str
    to_key: str
    months: Band
    p_never: float
    """Share of the years in which it does not pay before the horizon or the
    shutdown."""


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """What could be bought next, and what it may change."""

    what: Literal["test-examples", "training-examples", "model", "nothing"]
    text: str
    usd: float | None = None
    """What it costs; ``None``: unknown."""
    worth_usd: float | None = None
    """What it is expected to save over the horizon; ``None``: it decides whether
    anything suffices, which has no price here."""


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """How good a model is that was tuned on a part of the examples: on dev alone."""

    share: float
    """Of the training examples, over 0; 1 is all of them."""
    n_train: int
    model: str
    n: int
    """Dev examples scored."""
    quality: float
    """Mean score on them, 0 to 1."""
    quality_low: float
    quality_high: float
    """Ends of its interval, at 95 %."""
