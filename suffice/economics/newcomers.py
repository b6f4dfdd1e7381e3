"""
Models with a new price that nobody has measured for this task.

What they would answer is unknown; what the running candidate's prompt would cost on
them is arithmetic, and worth a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from suffice.economics.ownership import own
from suffice.economics.today import Today
from suffice.economics.wording import dollars

MOST = 3
"""Models that are named."""


@dataclass(frozen=True, kw_only=True)
class Newcomer:
    """A model with a price from after the verdict."""

    model: str
    usd_per_month: float
    """What the running candidate's prompt would cost on it."""


def newcomers(now: Today, min_gain: float) -> tuple[Newcomer, ...]:
    """
    Those that would save at least *min_gain* of the monthly cost, cheapest first.

    Only models of the running model's provider: another provider is another endpoint.
    """
    if now.champion is None or now.champion.rung in ("floor", "fine-tuned"):
        return ()
    price = now.book.price(now.champion.model, now.on)
    before = own(now.champion, now.terms).usd_per_month
    if price is None or before is None:
        return ()
    measured = {m.model for m in now.ladder}
    found = []
    for row in now.book.rows:
        fresh = now.old.prices_on < row.from_date <= now.on and row.holds(now.on)
        known = row.model in measured or row.model.startswith("ft:")
        if not fresh or known or row.provider != price.provider or "/" in row.model:
            continue
        cost = own(replace(now.champion, model=row.model), now.terms)
        usd = cost.usd_per_month
        if usd is not None and cost.life_months > 0 and usd <= before * (1 - min_gain):
            found.append(Newcomer(model=row.model, usd_per_month=usd))
    found.sort(key=lambda one: (one.usd_per_month, one.model))
    return tuple(found[:MOST])


def told(found: tuple[Newcomer, ...]) -> str:
    """The same in a sentence; empty for none."""
    if not found:
        return ""
    named = ", ".join(f"{n.model} ({dollars(n.usd_per_month)} a month)" for n in found)
    return (
        f" New and cheaper with the prompt that runs, though nobody has measured how "
        f"well they answer: {named}; add one to models.base and climb."
    )
