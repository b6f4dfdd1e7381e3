"""The day of a model's retirement at which the verdict changes, solved to the day."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

from suffice.economics.choice import Choice, Standard, choose
from suffice.economics.terms import DAYS_PER_MONTH, Terms
from suffice.economics.wording import label
from suffice.results import FlipPoint

NOTHING = "nothing-suffices"


def retirement_flips(
    now: Choice, terms: Terms, standard: Standard
) -> tuple[FlipPoint, ...]:
    """
    One flip point for each model whose retirement decides the choice.

    Its quantity is ``MODEL.shutdown``, in days from the day of the terms; beyond the
    horizon no date matters.  A tuned model's base is what retires.
    """
    if now.chosen is None or len(now.acceptable) < 2:
        return ()
    models = sorted({m.model for m in now.acceptable if _can_retire(m.model, terms)})
    found = (_flip(model, now, terms, standard) for model in models)
    return tuple(flip for flip in found if flip is not None)


def choice_if_retired(
    model: str, day: date, now: Choice, terms: Terms, standard: Standard
) -> Choice:
    """The choice if *model* were switched off on *day*."""
    book = terms.book.with_shutdown(model, day)
    return choose(now.acceptable, replace(terms, book=book), standard)


def _flip(
    model: str, now: Choice, terms: Terms, standard: Standard
) -> FlipPoint | None:
    """The nearest day at which the choice is another one; earlier ones first."""
    day, most = terms.book.shutdown(model), _days_known(None, terms)
    known = min(most, max(0, _days_known(day, terms)))
    key = _key(now)

    def at(days: int) -> Choice:
        on = terms.on + timedelta(days=days)
        return choice_if_retired(model, on, now, terms, standard)

    for end in (0, most):
        if _key(at(end)) == key:
            continue
        same, other = known, end
        while abs(other - same) > 1:
            middle = (same + other) // 2
            same, other = (middle, other) if _key(at(middle)) == key else (same, middle)
        # Nearer than today there is nothing: a model that is gone is simply gone.
        return _told(model, other, at(other), terms, day)
    return None


def _told(
    model: str, days: int, then: Choice, terms: Terms, known: date | None
) -> FlipPoint:
    on = terms.on + timedelta(days=days)
    stands = "no date is known" if known is None else f"now {known}"
    earlier = known is None or on < known
    if days == 0:
        when = f"Once {model} is switched off"
    elif earlier:
        when = f"If {model} is switched off by {on}"
    else:
        when = f"If {model} lives until {on}"
    chosen = then.chosen
    to = "nothing is proved to suffice"
    if chosen is not None:
        to = f"{label(chosen)} takes over"
    return FlipPoint(
        quantity=f"{model}.shutdown",
        now=float(_days_known(known, terms)),
        at=float(days),
        to=NOTHING if chosen is None else chosen.candidate_key,
        text=f"{when}, {to} ({stands}).",
    )


def _days_known(day: date | None, terms: Terms) -> int:
    """Days until then; just beyond the horizon where no date is known."""
    if day is None:
        return math.ceil(terms.horizon_months * DAYS_PER_MONTH) + 1
    return (day - terms.on).days


def _can_retire(model: str, terms: Terms) -> bool:
    """What runs on your own processor is switched off by nobody else."""
    price = terms.book.price(model, terms.on)
    if price is None:
        return terms.book.shutdown(model) is not None
    return price.kind != "cpu"


def _key(choice: Choice) -> str | None:
    return None if choice.chosen is None else choice.chosen.candidate_key
