"""What a look at fresh questions saw, and how much error each look may spend."""

from __future__ import annotations

from dataclasses import dataclass

ALPHA = 0.05
"""Chance, a year, that questions which have not changed are called changed."""
MOST_LOOKS = 366
"""Looks a year: one a day."""
_EARLY = 0.25
"""Part of the error for the first looks, which are the likeliest to matter."""


@dataclass(frozen=True, kw_only=True)
class DriftSeen:
    """What was found on fresh questions, and whether it calls for a climb."""

    fired: bool
    saw: str
    spent_usd: float = 0.0


def level_of(look: int) -> float:
    """
    Level for the p-value of the *look*-th look of a year, counted from 1.

    All looks of a year together spend `ALPHA`: a quarter of it is for the early ones,
    the rest is spread evenly, so that the last look is worth as much as the tenth.

    >>> round(level_of(1), 5), round(level_of(10), 5), round(level_of(366), 5)
    (0.00635, 0.00022, 0.0001)
    >>> sum(level_of(n) for n in range(1, MOST_LOOKS + 1)) <= ALPHA
    True
    """
    early = ALPHA * _EARLY / (look * (look + 1))
    return early + ALPHA * (1 - _EARLY) / MOST_LOOKS
