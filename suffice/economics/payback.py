"""When a move to a cheaper candidate has paid for itself: the article's arithmetic."""

from __future__ import annotations

import math
from datetime import date

from suffice.economics.ownership import Costed, months_left, usd_per_month
from suffice.economics.prices import PriceBook


def payback_months(
    now: Costed,
    then: Costed,
    requests_per_month: float,
    *,
    book: PriceBook | None = None,
    on: date | None = None,
) -> float:
    """
    Months until moving from *now* to *then* has paid for itself.

    Infinite when *then* is no cheaper to run, when a price is unknown, and when its
    model is switched off before that day.  500 tokens saved on each of 100,000
    requests a month, at $0.002 per 1,000 tokens, are $100 a month, so that $50 are
    repaid in two weeks:

    >>> from suffice.results import Measured
    >>> seen = dict(name="", model="gpt-3.5-turbo", candidate_key="", ruling="passed",
    ...     n=100, n_available=100, quality=0.95, quality_low=0.9, quality_high=0.98)
    >>> long = Measured(rung="few-shot", usd_per_request=700 * 0.002 / 1000, **seen)
    >>> short = Measured(rung="fine-tuned", usd_per_request=200 * 0.002 / 1000,
    ...     upfront_usd=50, **seen)
    >>> saved = usd_per_month(long, 100_000) - usd_per_month(short, 100_000)
    >>> round(saved, 6)
    100.0
    >>> round(payback_months(long, short, 100_000), 6)
    0.5
    """
    price_now = book.price(now.model, on) if book and on else None
    price_then = book.price(then.model, on) if book and on else None
    left = months_left(book.shutdown(then.model), on) if book and on else math.inf
    before = usd_per_month(now, requests_per_month, price=price_now)
    after = usd_per_month(then, requests_per_month, price=price_then)
    if before is None or after is None or then.upfront_usd is None:
        return math.inf
    if before <= after:
        return math.inf
    months = then.upfront_usd / (before - after)
    return months if months <= left else math.inf
