"""
Golden answers: what a champion said, kept for the day its model is gone.

A retired model cannot be asked any more; its answers can still be compared with those
of whatever is to take its place, on the same questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from suffice.candidates import Candidate
from suffice.examples import Example
from suffice.results import Outcome
from suffice.statistics.intervals import interval


@dataclass(frozen=True, kw_only=True)
class Golden:
    """A champion as it was, with every test question it has answered."""

    climb_id: str
    data_fingerprint: str
    candidate: Candidate
    examples: tuple[Example, ...]
    outcomes: tuple[Outcome, ...]
    """One for each example, in the same order."""
    schema: int = 1


@dataclass(frozen=True, kw_only=True)
class Succession:
    """A champion and its successor on the champion's own questions, paired."""

    old: str
    new: str
    n: int
    """Questions that both have answered."""
    n_missing: int
    """Questions that the successor left unanswered."""
    same: float
    """Share of the answers that are the same, 0 to 1."""
    old_quality: float
    new_quality: float
    change_low: float
    change_high: float
    """Ends of the 95 % interval of new less old, -1 to 1."""

    @property
    def text(self) -> str:
        """In a sentence."""
        change = self.new_quality - self.old_quality
        missing = f", {self.n_missing} unanswered" if self.n_missing else ""
        return (
            f"{self.new} scores {self.new_quality:.2f} where {self.old} scored "
            f"{self.old_quality:.2f}: {change:+.2f} ({self.change_low:+.2f} to "
            f"{self.change_high:+.2f}) on {self.n} questions{missing}; {self.same:.0%} "
            "of the answers are the same."
        )


def golden_of(
    climb_id: str,
    data_fingerprint: str,
    candidate: Candidate,
    examples: Sequence[Example],
    outcomes: Sequence[Outcome],
) -> Golden:
    """What *candidate* answered to *examples*; those it did not answer are left out."""
    answered = {o.example_id: o for o in outcomes if o.score is not None}
    kept = tuple(e for e in examples if e.id in answered)
    return Golden(
        climb_id=climb_id,
        data_fingerprint=data_fingerprint,
        candidate=candidate,
        examples=kept,
        outcomes=tuple(answered[e.id] for e in kept),
    )


def to_json(golden: Golden) -> str:
    """As it is stored."""
    return TypeAdapter(Golden).dump_json(golden).decode()


def from_json(text: str | bytes) -> Golden:
    """Raises `ValueError` for anything else than what `to_json` wrote."""
    return TypeAdapter(Golden).validate_json(text)


def succession(golden: Golden, new: str, outcomes: Sequence[Outcome]) -> Succession:
    """The champion of *golden* against what *new* answered to its questions."""
    answered = {o.example_id: o for o in outcomes if o.score is not None}
    pairs = [
        (old, answered[old.example_id])
        for old in golden.outcomes
        if old.example_id in answered
    ]
    n = len(pairs)
    scores = [(old.score or 0.0, now.score or 0.0) for old, now in pairs]
    low, high = interval([(1 + now - old) / 2 for old, now in scores])
    return Succession(
        old=golden.candidate.model,
        new=new,
        n=n,
        n_missing=len(golden.outcomes) - n,
        same=_mean([float(old.answer == now.answer) for old, now in pairs]),
        old_quality=_mean([old for old, _ in scores]),
        new_quality=_mean([now for _, now in scores]),
        change_low=2 * low - 1,
        change_high=2 * high - 1,
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
