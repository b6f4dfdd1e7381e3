"""What the ledger holds: an intent to spend, and the entry it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["job", "upload", "hosting", "batch", "cancel"]
State = Literal[
    "intended",
    "submitting",
    "unknown",
    "submitted",
    "succeeded",
    "failed",
    "cancelled",
    "refused",
]
ENDED: tuple[State, ...] = ("succeeded", "failed", "cancelled", "refused")


@dataclass(frozen=True, kw_only=True)
class Intent:
    """What is about to be paid for."""

    kind: Kind
    provider: str
    """Account it is paid from: the endpoint's name."""
    key: str
    """Digest of everything that makes it this act and no other."""
    generation: int = 0
    """Grows only when someone asks to pay for the same act again."""
    pinned: Mapping[str, Any] = field(default_factory=dict)
    """Its parameters; another attempt with others under the same key is refused."""
    reserve_usd: float | None = 0.0
    """The most it may cost; ``None`` when nobody knows, which is refused."""
    climb_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One intent, and how far it has come."""

    id: int
    kind: Kind
    provider: str
    key: str
    generation: int
    state: State
    provider_id: str | None
    """The provider's own name for it, such as ``ftjob-1``, once known."""
    pinned: str
    """Its parameters as canonical JSON."""
    reserved_usd: float
    """Held back from the budget while it may still cost; 0 once it has ended."""
    spent_usd: float
    climb_id: str
    owner: str | None
    lease_until: float
    """Until when its owner alone may act, seconds since 1970."""
    attempts: int
    """How many times the paid call was begun."""
    unknown_since: float | None
    created_at: float
    updated_at: float
    note: str
    """What was said last, such as why it was refused."""
    result: str
    """What it gave, as JSON; empty until it has succeeded."""
    answers_usd: float = 0.0
    """What the answers of a batch cost. They are booked where answers are stored, so
    that this is not in ``spent_usd``."""

    @property
    def cost_usd(self) -> float:
        """All it has cost, wherever that is booked."""
        return self.spent_usd + self.answers_usd
