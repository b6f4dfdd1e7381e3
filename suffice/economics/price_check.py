"""Where two price books disagree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from suffice.economics.price import Price
from suffice.economics.price_rows import PER_MTOK
from suffice.economics.prices import PriceBook

_COMPARED = {k: field for k, field in PER_MTOK.items() if k != "training"}
_SAME = 0.001


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """One price that two sources give differently."""

    model: str
    what: str
    ours_usd: float | None
    theirs_usd: float
    ours_from: date
    theirs_from: date
    ours_checked: date | None
    verified: bool
    """Whether our row is said to be verified."""

    @property
    def ratio(self) -> float | None:
        """Theirs over ours; ``None`` where ours is unknown or 0."""
        return self.theirs_usd / self.ours_usd if self.ours_usd else None


def disagreements(
    ours: PriceBook, theirs: Iterable[Price], on: date
) -> tuple[Disagreement, ...]:
    """
    Prices that hold on that day, are known to both, and differ by more than 0.1 %.

    A price that only they know is among them; one that only we know is not.
    """
    found = []
    for other in theirs:
        row = ours.price(other.model, on) if other.holds(on) else None
        # A row found under a shorter name is not about the same thing.
        if row is None or row.model != other.model or row.kind != "tokens":
            continue
        for what, field in _COMPARED.items():
            mine, their = getattr(row, field), getattr(other, field)
            if their is None or _same(mine, their):
                continue
            found.append(
                Disagreement(
                    model=row.model,
                    what=what,
                    ours_usd=mine,
                    theirs_usd=their,
                    ours_from=row.from_date,
                    theirs_from=other.from_date,
                    ours_checked=row.checked_on,
                    verified=row.verified,
                )
            )
    return tuple(sorted(found, key=lambda d: (d.model, d.what)))


def _same(mine: float | None, their: float) -> bool:
    if mine is None:
        return False
    return abs(mine - their) <= _SAME * max(abs(mine), abs(their))
