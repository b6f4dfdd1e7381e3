"""How one candidate is judged, and where it stands: values only."""

from __future__ import annotations

from dataclasses import dataclass

from suffice.errors import UnusableInput
from suffice.results import Ruling


@dataclass(frozen=True, kw_only=True)
class Design:
    """
    How one candidate is judged.

    Fixed before the first call: every promise of the statistics hangs on that.
    """

    bar: float
    """Quality the user calls good enough, 0 to 1."""
    margin: float
    """How far below the bar a candidate may still be certified."""
    alpha: float
    """Chance that this candidate passes though it is no better than the edge."""
    n_max: int
    """Length of the frozen test order."""
    look_every: int = 5
    """Examples between two looks.  Looking more often costs no certainty."""
    futility: float = 0.02
    """Predicted chance of passing under which measuring stops; 0 to go on always."""
    graded: bool = False
    """Whether scores lie anywhere in 0 to 1, rather than being 0 or 1."""
    dev_right: float = 0.0
    dev_wrong: float = 0.0
    """How many dev examples it got right and wrong.  They are no evidence for a pass:
    they only say how soon 0/1 scores are given up."""

    def __post_init__(self) -> None:
        if not (0 < self.bar <= 1 and self.margin >= 0 and 0 < self.alpha < 1):
            raise UnusableInput(
                f"bar {self.bar!r}, margin {self.margin!r}, alpha {self.alpha!r}: the "
                "bar and alpha must lie between 0 and 1, the margin not under 0."
            )
        if self.dev_right < 0 or self.dev_wrong < 0:
            raise UnusableInput(
                f"dev_right {self.dev_right!r}, dev_wrong {self.dev_wrong!r}: "
                "counts of dev examples cannot be under 0."
            )
        if self.n_max < 1 or self.look_every < 1:
            raise UnusableInput(
                f"n_max {self.n_max!r}, look_every {self.look_every!r}: "
                "both must be 1 or more."
            )

    @property
    def edge(self) -> float:
        """Quality that must be exceeded to pass: the bar less the margin, from 0."""
        return max(round(self.bar - self.margin, 12), 0.0)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a candidate stands after the scores seen so far."""

    ruling: Ruling | None
    """``None``: measure on."""
    n: int
    """Scores (or clusters of scores) it rests on."""
    quality: float
    """Their mean, 0 to 1; 0 when there are none."""
    low: float
    high: float
    """Ends of the interval, valid at whatever moment the measuring stops."""
    n_more: int | None
    """Further examples that would probably give a pass; ``None`` if unknown."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one test says of the scores seen so far."""

    low: float
    high: float
    """Limits of the mean, each valid at all times at once."""
    stop: bool = False
    """Whether more scores would hardly lead to a pass."""


@dataclass(frozen=True, kw_only=True)
class NonInferiority:
    """Whether a candidate is at most *margin* worse than the incumbent."""

    passed: bool
    n: int
    """Examples both answered."""
    difference: float
    """Mean score of the candidate less that of the incumbent, -1 to 1."""
    low: float
    """One-sided lower limit of the difference at the confidence asked for."""
    p_value: float
    """Of the hypothesis that the candidate is worse by the margin or more."""
    n_better: int
    n_worse: int
    """Examples on which the candidate scored higher, and lower."""
