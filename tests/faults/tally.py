"""What was tried, and what did not hold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

MET = "met"
"""The disturbed call was reached."""
ACCEPTED = "with the job already accepted"
"""The provider had the job when the disturbed process had ended."""


@dataclass
class Tally:
    """Tried and violated; they add up."""

    tried: int = 0
    found: list[tuple[str, str]] = field(default_factory=list)
    """What was tried, and what it violated."""
    by_name: Counter[str] = field(default_factory=Counter)
    """Tried, by what it was and by what happened."""

    def add(self, other: Tally) -> None:
        self.tried += other.tried
        self.found += other.found
        self.by_name.update(other.by_name)

    def __str__(self) -> str:
        met, accepted = self.by_name[MET], self.by_name[ACCEPTED]
        more = f", {accepted} {ACCEPTED}" if accepted else ""
        return f"{self.tried} tried ({met} met{more}), {len(self.found)} violated"
