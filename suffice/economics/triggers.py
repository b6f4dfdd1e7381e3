"""Why to look again at a verdict, and what would have to be measured anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from suffice.brief import Brief
from suffice.economics.wording import dollars

TriggerName = Literal["usage", "price", "drift", "retirement"]

ARITHMETIC = "nothing: it is arithmetic on what was measured, $0"


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """One reason to look again, and what it saw."""

    name: TriggerName
    fired: bool
    """Whether it alone would change the choice, or calls for a climb."""
    saw: str
    needs: str = ARITHMETIC
    """What it would have run again, and what that costs."""
    day: date | None = None
    """Of a retirement: when the model that runs is switched off."""


@dataclass(frozen=True, kw_only=True)
class Again:
    """The part of a climb that is to be run, and no more."""

    rungs: tuple[str, ...]
    """In the brief's order."""
    models: tuple[str, ...]
    """Models to prompt."""
    why: str
    on_fresh: bool = False
    """Whether only fresh examples can answer it: the stored answers are no news."""
    usd: float | None = None
    """At most; ``None``: a price is unknown, or nobody has reckoned it."""

    def told(self) -> str:
        """What it is and what it costs, in words."""
        cost = "at a cost nobody knows" if self.usd is None else f"at most {self.cost}"
        where = " on fresh examples with answers" if self.on_fresh else ""
        return (
            f"a climb of {', '.join(self.rungs)} on {', '.join(self.models)}{where}, "
            f"{cost}"
        )

    @property
    def cost(self) -> str:
        return dollars(self.usd)


CostOf = Callable[[Again], float | None]
"""What such a part of a climb costs at most; ``None``: a price is unknown."""


def joined(parts: Sequence[Again], brief: Brief, cost_of: CostOf) -> Again | None:
    """One climb for all of them; ``None`` for none."""
    if not parts:
        return None
    rungs = {rung for part in parts for rung in part.rungs}
    models = {model for part in parts for model in part.models}
    both = Again(
        rungs=tuple(r for r in brief.rungs if r in rungs),
        models=tuple(m for m in brief.models.base if m in models),
        why=" ".join(dict.fromkeys(part.why for part in parts)),
        on_fresh=any(part.on_fresh for part in parts),
    )
    return priced(both, cost_of)


def priced(again: Again, cost_of: CostOf) -> Again:
    """The same with its cost."""
    return Again(
        rungs=again.rungs,
        models=again.models,
        why=again.why,
        on_fresh=again.on_fresh,
        usd=cost_of(again),
    )
