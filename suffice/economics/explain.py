"""
What if: the verdict on the stored measurements under other prices, volumes or bars.

No model is called; how a change is written says ``what_if``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from suffice.brief import Brief
from suffice.economics.decide import decide
from suffice.economics.prices import PriceBook
from suffice.economics.what_if import what_if
from suffice.results import Verdict


def explain(
    verdict: Verdict,
    changes: Sequence[str],
    *,
    brief: Brief,
    book: PriceBook,
    on: date,
) -> Verdict:
    """
    The verdict as it would be with these changes, at the prices of *on*.

    The verdict's own volume, horizon, bar and margin hold unless they are changed.
    Raises ``BadBrief`` for a change that cannot be understood.
    """
    changed = what_if(changes, book, on)
    told = {**verdict.shutdowns_told, **changed.book.shutdowns}
    made = decide(
        verdict.ladder,
        brief=_brief(brief, verdict, changed.values),
        book=replace(changed.book, shutdowns=told),
        on=on,
        climb_id=verdict.climb_id,
        data_fingerprint=verdict.data_fingerprint,
        warnings=verdict.warnings,
        non_inferior=dict.fromkeys(verdict.non_inferior, True),
        measured_bar=verdict.measured_bar or verdict.bar,
        spent_usd=verdict.spent_usd,
        elapsed_s=verdict.elapsed_s,
        cached_shares={**verdict.cached_shares, **changed.cached_shares},
        learning_curve=verdict.learning_curve,
    )
    same = made.chosen == verdict.chosen
    return replace(made, registered=verdict.registered if same else None)


def _brief(brief: Brief, verdict: Verdict, changed: Mapping[str, float]) -> Brief:
    """The brief with the verdict's own circumstances, and the changes to them."""

    def value(name: str) -> float:
        kept: float = getattr(verdict, name)
        return changed.get(name, kept)

    volume = {"requests_per_month": value("requests_per_month")}
    return brief.model_copy(
        update={
            "usage": brief.usage.model_copy(update=volume),
            "horizon_months": value("horizon_months"),
            "bar": value("bar"),
            "margin": value("margin"),
        }
    )
