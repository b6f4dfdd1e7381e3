"""
What if: the verdict on the stored measurements under other prices, volumes or bars.

No model is called.  A change is written ``name=value``: ``requests_per_month=500000``,
``bar=0.85``, ``horizon_months=6``, ``cpu_usd_per_hour=0.1``, or the price of a model,
``gpt-6-luna.output=0.9`` in USD per million tokens (``.hosting`` in USD an hour).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from suffice.brief import Brief
from suffice.economics.decide import decide
from suffice.economics.prices import Price, PriceBook
from suffice.economics.quantities import PRICE_FIELDS
from suffice.errors import BadBrief
from suffice.results import Verdict

_OF_THE_BRIEF = ("requests_per_month", "horizon_months", "bar", "margin")


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
    values = {
        "requests_per_month": verdict.requests_per_month,
        "horizon_months": verdict.horizon_months,
        "bar": verdict.bar,
        "margin": verdict.margin,
    }
    for change in changes:
        name, value = _parsed(change)
        if name in values:
            values[name] = value
        elif name == "cpu_usd_per_hour":
            book = replace(book, cpu_usd_per_hour=value)
        else:
            book = _with_price(book, on, name, value)
    made = decide(
        verdict.ladder,
        brief=_brief(brief, values),
        book=book,
        on=on,
        climb_id=verdict.climb_id,
        data_fingerprint=verdict.data_fingerprint,
        warnings=verdict.warnings,
        non_inferior=dict.fromkeys(verdict.non_inferior, True),
        measured_bar=verdict.measured_bar or verdict.bar,
        spent_usd=verdict.spent_usd,
        elapsed_s=verdict.elapsed_s,
    )
    same = made.chosen == verdict.chosen
    return replace(made, registered=verdict.registered if same else None)


def _brief(brief: Brief, values: dict[str, float]) -> Brief:
    if not 0 < values["bar"] <= 1:
        raise BadBrief(f"bar={values['bar']:g}: a bar lies above 0 and up to 1.")
    volume = {"requests_per_month": values["requests_per_month"]}
    return brief.model_copy(
        update={
            "usage": brief.usage.model_copy(update=volume),
            "horizon_months": values["horizon_months"],
            "bar": values["bar"],
            "margin": values["margin"],
        }
    )


def _parsed(change: str) -> tuple[str, float]:
    name, equals, text = change.rpartition("=")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not equals or not math.isfinite(value) or value < 0:
        raise BadBrief(
            f"{change!r} is no change: write name=value with a number of 0 or more, "
            "such as requests_per_month=500000 or gpt-6-luna.output=0.9."
        )
    if name in ("requests_per_month", "horizon_months") and value == 0:
        raise BadBrief(f"{change!r}: {name} must be more than 0.")
    return name.strip(), value


def _with_price(book: PriceBook, on: date, name: str, value: float) -> PriceBook:
    model, _, short = name.rpartition(".")
    field = PRICE_FIELDS.get(short)
    if not model or field is None:
        raise BadBrief(
            f"{name!r} cannot be changed: give one of {', '.join(_OF_THE_BRIEF)}, "
            f"cpu_usd_per_hour, or MODEL.{'|'.join(PRICE_FIELDS)}."
        )
    known = book.price(model, on)
    # A price nobody knew is still unknown in its other parts.
    row = known or Price(model=model, provider="given", from_date=on)
    return book.with_price(replace(row, **{field: value}))  # type: ignore[arg-type]
