"""
What the verdict depends on: each input at the low and high end of what is likely.

The tornado of the report.  Ends are the 5 and 95 % quantiles of the same spreads the
possible years are drawn with; everything else is held still.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from suffice.brief import Brief
from suffice.economics.choice import Choice, Standard, choose
from suffice.economics.curves import circumstances_of
from suffice.economics.draws import Spread, spread_of
from suffice.economics.ownership import Terms, own
from suffice.economics.prices import PriceBook
from suffice.economics.quantities import Quantity, quantities
from suffice.results import Measured, Verdict

_Z = 1.645
"""Deviations from the middle to the 95 % quantile."""


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """One input at both ends, and what the chosen candidate costs there."""

    input: str
    """``requests_per_month``, ``question_tokens``, ``gpt-6-luna.input``, ..."""
    low: float
    now: float
    high: float
    usd_low: float | None
    """USD over the horizon of the chosen candidate at the low end; ``None``: unknown
    there, or it is no longer acceptable."""
    usd_now: float | None
    usd_high: float | None
    to_low: str | None
    """Key of what would be chosen instead at the low end (``nothing-suffices`` for
    none); ``None`` where the choice stands."""
    to_high: str | None

    @property
    def flips(self) -> bool:
        """Whether the choice changes at one of its ends."""
        return self.to_low is not None or self.to_high is not None

    @property
    def swing_usd(self) -> float:
        """Width of the bar; infinite where the candidate is lost at one end."""
        ends = [self.usd_low, self.usd_high]
        known = [usd for usd in ends if usd is not None]
        return math.inf if len(known) < len(ends) else max(known) - min(known)


def tornado(
    verdict: Verdict, brief: Brief, book: PriceBook, *, on: date | None = None
) -> tuple[Sensitivity, ...]:
    """
    Every input of the verdict, the one that moves its cost most first.

    Empty when nothing was chosen, or when its price is unknown.  The day is that of
    the verdict's prices where none is given.
    """
    terms, standard = circumstances_of(verdict, brief, book, on)
    now = choose(verdict.ladder, terms, standard)
    if now.chosen is None or own(now.chosen, terms).total_usd is None:
        return ()
    spread, found = spread_of(terms.costs), []
    for q in [
        *quantities(verdict.ladder, terms, standard, now),
        *_tokens(verdict.ladder, terms, standard),
    ]:
        ends = _ends(q, terms, spread, verdict.margin)
        if ends is not None:
            found.append(_sensitivity(q, ends, now))
    moving = [s for s in found if s.flips or s.swing_usd > 0]
    return tuple(sorted(moving, key=lambda s: (-s.swing_usd, s.input)))


def _tokens(
    ladder: Sequence[Measured], terms: Terms, standard: Standard
) -> list[Quantity]:
    """The questions' and the answers' length, as factors on what was measured."""

    def questions(factor: float) -> Choice:
        longer = [
            replace(
                m,
                input_tokens=m.static_tokens
                + max(0.0, m.input_tokens - m.static_tokens) * factor,
            )
            for m in ladder
        ]
        return choose(longer, terms, standard)

    def answers(factor: float) -> Choice:
        longer = [
            replace(
                m,
                output_tokens=m.output_tokens * factor,
                cpu_s=None if m.cpu_s is None else m.cpu_s * factor,
            )
            for m in ladder
        ]
        return choose(longer, terms, standard)

    return [
        Quantity(name="question_tokens", now=1.0, choice_at=questions),
        Quantity(name="answer_tokens", now=1.0, choice_at=answers),
    ]


def _ends(
    quantity: Quantity, terms: Terms, spread: Spread, margin: float
) -> tuple[float, float] | None:
    """Low and high end of what is likely; ``None`` for what cannot vary."""
    now, name = quantity.now, quantity.name
    if name == "bar":
        return max(0.01, now - margin), min(1.0, now + margin)
    if name == "horizon_months":
        return now / 2, now * 2
    if name.endswith(".cached_share"):
        return 0.0, 1.0
    years = terms.horizon_months / 12
    sd = {
        "requests_per_month": spread.volume,
        "question_tokens": spread.tokens,
        "answer_tokens": spread.tokens,
    }.get(name, spread.price_per_year * math.sqrt(years))
    if sd == 0:
        return None
    return now * math.exp(-_Z * sd), now * math.exp(_Z * sd)


def _sensitivity(
    quantity: Quantity, ends: tuple[float, float], now: Choice
) -> Sensitivity:
    assert now.chosen is not None
    key = now.chosen.candidate_key
    low, high = (quantity.choice_at(value) for value in ends)
    return Sensitivity(
        input=quantity.name,
        low=ends[0],
        now=quantity.now,
        high=ends[1],
        usd_low=_usd(low, key),
        usd_now=now.ownership[key].total_usd,
        usd_high=_usd(high, key),
        to_low=_instead(low, key),
        to_high=_instead(high, key),
    )


def _usd(choice: Choice, key: str) -> float | None:
    held = choice.ownership.get(key)
    acceptable = any(m.candidate_key == key for m in choice.acceptable)
    return held.total_usd if held is not None and acceptable else None


def _instead(choice: Choice, key: str) -> str | None:
    if choice.chosen is None:
        return "nothing-suffices"
    other = choice.chosen.candidate_key
    return None if other == key else other
