"""The cost of owning: the article's case, today's prices, hosting and retirement."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from econ_cases import TODAY, measured
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.economics.ownership import (
    Terms,
    cache_hit_rate,
    own,
    total_usd,
)
from suffice.economics.prices import Price, PriceBook
from suffice.results import Measured

Seen = Callable[..., Measured]


def terms(book: PriceBook, on: date, **changes: float) -> Terms:
    """The article's volume over a year."""
    fields = {"requests_per_month": 100_000.0, "horizon_months": 12.0} | changes
    return Terms(book=book, on=on, **fields)


@pytest.mark.parametrize(
    ("model", "input_tokens", "cached", "usd"),
    [
        ("gpt-4.1-mini", 700, 0, 36.00),
        ("gpt-4.1-mini", 700, 500, 21.00),
        ("ft:gpt-4.1-mini", 200, 0, 32.00),
        ("gpt-6-luna", 700, 0, 9.50),
        ("gpt-6-luna", 700, 500, 5.00),
        ("decisions/gpt-6-luna", 700, 0, 7.00),
        ("tinker/qwen3-8b", 200, 0, 6.90),
    ],
)
def test_the_articles_case_at_todays_prices(
    book: PriceBook, on: date, model: str, input_tokens: int, cached: int, usd: float
) -> None:
    """The table that shows why the formula of 2023 has the wrong sign by now."""
    price = book.price(model, on)

    assert price is not None
    per_request = price.usd(
        input_tokens=input_tokens, cached_tokens=cached, output_tokens=50
    )
    assert per_request is not None
    assert round(per_request * 100_000, 6) == usd


def test_the_articles_tune_repays_in_two_weeks() -> None:
    """500 tokens saved on 100,000 requests a month, at $0.002 per 1,000: $100."""
    long = measured(model="x", usd_per_request=700 * 0.002 / 1000)
    short = measured(model="x", usd_per_request=200 * 0.002 / 1000)
    nothing = PriceBook(layers=())
    now, then = (own(m, terms(nothing, TODAY)).usd_per_month for m in (long, short))

    assert now is not None
    assert then is not None
    assert 0.5 == pytest.approx(50 / (now - then))


def test_an_upfront_cost_is_paid_again_when_the_model_dies(
    seen: Seen, book: PriceBook, on: date
) -> None:
    """A model that lives half the horizon must be trained twice within it."""
    day = on + timedelta(days=365.25 / 2 + 0.2)
    tuned = seen("fine-tuned", "ft:gpt-4.1-mini", input_tokens=200, upfront_usd=50)
    short = own(tuned, terms(book.with_shutdown(tuned.model, day), on))

    assert short.total_usd == pytest.approx(12 * 32 + 2 * 50, rel=0.01)


def test_a_model_that_is_gone_costs_infinitely_much(
    seen: Seen, book: PriceBook
) -> None:
    """It cannot be had at any price."""
    assert total_usd(seen(), terms(book, date(2027, 1, 14))) == math.inf


def test_a_prefix_below_the_minimum_is_not_cached(
    seen: Seen, book: PriceBook, on: date
) -> None:
    """OpenAI caches prefixes of 1,024 tokens and more: 500 cost the full price."""
    price = book.price("gpt-4.1-mini", on)

    assert price is not None
    assert cache_hit_rate(500, price, 1e9) == 0
    assert own(seen(), terms(book, on)).usd_per_month == pytest.approx(36.0)


def test_a_long_prefix_is_cached_when_requests_come_often(
    seen: Seen, book: PriceBook, on: date
) -> None:
    """At one request a second the prefix is practically always there."""
    price = book.price("gpt-6-luna", on)
    often = 30.4 * 86_400
    shown = seen("few-shot", "gpt-6-luna", input_tokens=3200, static_tokens=3000)
    per_request = own(shown, terms(book, on, requests_per_month=often)).usd_per_request

    assert price is not None
    assert cache_hit_rate(3000, price, often) > 0.999
    assert per_request == pytest.approx((200 * 0.1 + 3000 * 0.01 + 50 * 0.5) / 1e6)


def test_rare_requests_do_not_pay_for_writing_the_cache(
    seen: Seen, book: PriceBook, on: date
) -> None:
    """One request a day never finds its prefix, and need not cache it either."""
    shown = seen("few-shot", "gpt-6-luna", input_tokens=3200, static_tokens=3000)
    per_request = own(shown, terms(book, on, requests_per_month=30)).usd_per_request
    plain = (3200 * 0.1 + 50 * 0.5) / 1e6

    assert per_request is not None
    assert 0.99 * plain < per_request <= plain


def test_hosting_by_the_hour_is_paid_all_month(
    seen: Seen, book: PriceBook, on: date
) -> None:
    """An H100 at $7 an hour is $5,110 a month, with or without requests."""
    mine = own(seen(model="fireworks/dedicated-h100"), terms(book, on))

    assert (mine.usd_per_request, mine.usd_per_month) == (0.0, pytest.approx(5110))


def test_unknown_prices_make_the_total_unknown(
    seen: Seen, book: PriceBook, on: date
) -> None:
    """Hosting at Azure is not in the book, so nothing about it may be compared."""
    hosted = seen("fine-tuned", "azure/ft:gpt-4.1-mini")
    no_training = replace(seen(), upfront_usd=None)

    assert total_usd(hosted, terms(book, on)) is None
    assert total_usd(seen(model="no-such-model"), terms(book, on)) is None
    assert total_usd(no_training, terms(book, on)) is None


def test_without_a_row_what_was_measured_holds(
    seen: Seen, book: PriceBook, on: date
) -> None:
    """The floor runs without a model: it cost nothing when it was measured."""
    floor = seen("floor", "majority class", usd_per_request=0.0)

    assert total_usd(floor, terms(book, on)) == 0


@settings(max_examples=50, deadline=None)
@given(
    volume=st.floats(1, 1e8),
    static=st.integers(1024, 100_000),
    more=st.floats(1.01, 100),
)
def test_a_request_gets_no_dearer_when_there_are_more_of_them(
    volume: float, static: int, more: float
) -> None:
    """More requests find the cache warmer; nothing else depends on their number."""
    price = Price(
        model="m",
        provider="p",
        from_date=date(2026, 1, 1),
        input_usd_per_mtok=1,
        cached_usd_per_mtok=0.1,
        cache_write_usd_per_mtok=1.25,
        output_usd_per_mtok=5,
        cache_min_tokens=1024,
        cache_ttl_s=300,
    )
    book = PriceBook(layers=({"m": (price,)},))
    shown = measured(model="m", input_tokens=static + 9, static_tokens=static)
    on = date(2026, 11, 21)
    few = own(shown, terms(book, on, requests_per_month=volume)).usd_per_request
    many = own(shown, terms(book, on, requests_per_month=volume * more)).usd_per_request

    assert few is not None
    assert many is not None
    assert many <= few * (1 + 1e-12)
