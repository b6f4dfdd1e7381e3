"""A verdict, as the tests of decisions ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from econ_cases import TODAY

from suffice.brief import Brief
from suffice.economics.decide import decide
from suffice.economics.prices import PriceBook
from suffice.results import Measured, Verdict


def verdict_on(
    ladder: Sequence[Measured],
    brief: Brief,
    book: PriceBook,
    on: date = TODAY,
    **more: object,
) -> Verdict:
    """The verdict on that day with no warnings."""
    return decide(
        ladder,
        brief=brief,
        book=book,
        on=on,
        climb_id="support-1",
        data_fingerprint="f" * 64,
        **more,  # type: ignore[arg-type]
    )
