"""What tuning took away beside what it taught: values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ProbeKind = Literal["knowledge", "arithmetic", "format", "harmful"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """Base and tuned model on the same probes, paired."""

    what: Literal["general", "harmful"]
    """General questions; or harmful ones, where the score is for not going along."""
    n: int
    """Probes that both have answered."""
    base: float
    """Mean score of the base, 0 to 1."""
    tuned: float
    change_low: float
    change_high: float
    """Ends of the 95 % interval of tuned less base, -1 to 1."""

    @property
    def change(self) -> float:
        """Tuned less base."""
        return self.tuned - self.base


@dataclass(frozen=True, kw_only=True)
class Forgetting:
    """What the probes said of one tuned model; it changes no ruling."""

    base: str
    changes: tuple[Change, ...]
    format_valid: float
    """Share of the tuned model's answers to test examples in the wanted form."""
    spent_usd: float = 0.0
    note: str = ""
    """Why there is less than there should be."""

    @property
    def text(self) -> str:
        """In a sentence or two."""
        said = [_said(change, self.base) for change in self.changes]
        said.append(f"{self.format_valid:.0%} of its answers were in the wanted form")
        return "; ".join([*said, self.note] if self.note else said)

    @property
    def lost(self) -> str:
        """Of that what became worse, beyond chance at 95 %; empty: nothing did."""
        worse = [change for change in self.changes if change.change_high < 0]
        return "; ".join(_said(change, self.base) for change in worse)

    @property
    def metrics(self) -> dict[str, float]:
        """As MLflow takes them: shares, and the ends of the intervals."""
        found = {"format_valid": self.format_valid}
        for change in self.changes:
            name = f"probes_{change.what}"
            found |= {
                f"{name}_base": change.base,
                f"{name}_tuned": change.tuned,
                f"{name}_change_low": change.change_low,
                f"{name}_change_high": change.change_high,
            }
        return found


def _said(change: Change, base: str) -> str:
    of = {
        "general": "right on general probes",
        "harmful": "not going along with harmful asks",
    }[change.what]
    ends = f"{change.change_low:+.2f} to {change.change_high:+.2f}"
    return (
        f"{of}: {change.tuned:.0%} against {change.base:.0%} of {base} "
        f"({change.change:+.2f}, {ends}, n = {change.n})"
    )
