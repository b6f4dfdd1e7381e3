"""What changed since a day: the reason to look at a verdict again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from suffice.brief import Brief
from suffice.economics.decide import decide
from suffice.economics.price_changes import changes, touched
from suffice.economics.prices import PriceBook
from suffice.results import Measured


def test_the_cut_of_july_is_found(book: PriceBook) -> None:
    """Both 5.6 models became cheaper on 2026-07-30; nothing else happened that day."""
    found = changes(book, date(2026, 7, 29), date(2026, 7, 30))

    assert [(c.model, c.kind) for c in found] == [
        ("gpt-5.6-luna", "changed"),
        ("gpt-5.6-terra", "changed"),
    ]
    assert found[0].text == (
        "gpt-5.6-luna: $0.20 in and $1.20 out per million tokens, "
        "before $1.00 in and $6.00 out per million tokens."
    )


def test_new_models_and_shutdowns_are_told_by_day(book: PriceBook) -> None:
    """Autumn 2026: new models in September, nano gone in October."""
    found = changes(book, date(2026, 9, 15), date(2026, 10, 31))
    told = {c.model: (c.kind, c.on) for c in found}

    assert told["gpt-6-luna"] == ("new", date(2026, 9, 22))
    assert told["gpt-4.1-nano"] == ("switched off", date(2026, 10, 23))
    assert [c.on for c in found] == sorted(c.on for c in found)


def test_nothing_changes_between_a_day_and_itself(book: PriceBook) -> None:
    """The same day has the same prices."""
    assert changes(book, date(2026, 8, 1), date(2026, 8, 1)) == ()


def test_only_changes_of_a_verdicts_own_models_touch_it(
    book: PriceBook, seen: Callable[..., Measured], brief_of: Callable[..., Brief]
) -> None:
    """Snapshots and tuned ids are found under the row they are priced by."""
    on = date(2026, 7, 1)
    verdict = decide(
        [seen(model="gpt-4.1-mini-2025-04-14"), seen("few-shot", "ft:gpt-4.1:me::a")],
        brief=brief_of(),
        book=book,
        on=on,
        climb_id="support-1",
        data_fingerprint="f" * 64,
    )
    found = changes(book, on, date(2027, 1, 31))

    assert {c.model for c in touched(verdict, book, found)} == {
        "gpt-4.1-mini",
        "ft:gpt-4.1",
    }
