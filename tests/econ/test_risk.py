"""Ownership with uncertainty: seeded draws around the same arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from econ_cases import TODAY, plain_book

from suffice.economics.choice import Standard
from suffice.economics.ownership import Terms, total_usd
from suffice.economics.prices import PriceBook
from suffice.economics.risk import Spread, draw, outlooks, payback
from suffice.results import Measured

Seen = Callable[..., Measured]
STANDARD = Standard(bar=0.9, measured_bar=0.9, margin=0.03)
CERTAIN = Spread(volume=0, growth=0, tokens=0, price_per_year=0, upfront=0)


def terms(book: PriceBook, volume: float = 100_000.0) -> Terms:
    """A year at that volume."""
    return Terms(requests_per_month=volume, horizon_months=12, on=TODAY, book=book)


def rng() -> np.random.Generator:
    """The same every time."""
    return np.random.default_rng(7)


def test_without_uncertainty_every_year_is_the_point_estimate(
    seen: Seen, book: PriceBook
) -> None:
    """Caching, hosting, CPU-seconds and upfront costs: one arithmetic, not two."""
    ladder = [
        seen("zero-shot", "gpt-4.1-mini"),
        seen("few-shot", "gpt-6-luna", input_tokens=3200, static_tokens=3000),
        seen("fine-tuned", "ft:gpt-4.1-mini", upfront_usd=50.0),
        seen("few-shot", "smollm2-135m-instruct", cpu_s=0.4),
        seen("few-shot", "fireworks/dedicated-h100"),
        seen("floor", "majority", usd_per_request=0.0),
    ]
    draws = draw(ladder, terms(book), rng=rng(), spread=CERTAIN, n=3)

    for m in ladder:
        expected = total_usd(m, terms(book))
        assert draws.total_usd(m.candidate_key) == pytest.approx([expected] * 3)


def test_the_same_seed_gives_the_same_years(seen: Seen, book: PriceBook) -> None:
    """A verdict that changes with the dice could not be explained."""
    one, two = (
        outlooks(draw([seen()], terms(book), rng=rng()), STANDARD) for _ in range(2)
    )

    assert one == two


def test_probabilities_of_being_cheapest_add_up(seen: Seen) -> None:
    """Where something is always good enough they make 1; equal ones share."""
    book = plain_book(a=1.0, b=1.0)
    ladder = [
        seen(model=m, quality=0.99, quality_low=0.95, n=500, static_tokens=0)
        for m in "ab"
    ]
    found = outlooks(draw(ladder, terms(book), rng=rng()), STANDARD)

    assert sum(o.p_cheapest for o in found) == pytest.approx(1)
    # 10,000 fair coins: 0.5 within 5 standard deviations of 0.005.
    assert found[0].p_cheapest == pytest.approx(0.5, abs=0.03)


def test_a_candidate_at_the_edge_is_good_enough_half_of_the_time(
    seen: Seen, book: PriceBook
) -> None:
    """0.87 measured against an edge of 0.87: a coin, and it must look like one."""
    edge = seen(quality=0.87, n=1000)
    found = outlooks(draw([edge], terms(book), rng=rng()), STANDARD)

    assert found[0].p_good_enough == pytest.approx(0.5, abs=0.05)


def test_a_right_answer_costs_more_than_an_answer(seen: Seen, book: PriceBook) -> None:
    """Half the answers wrong doubles the price of a right one."""
    half = seen(quality=0.5, n=100_000)
    found = outlooks(draw([half], terms(book), rng=rng(), spread=CERTAIN), STANDARD)

    assert found[0].usd_per_correct.middle == pytest.approx(2 * 36 / 1e5, rel=0.01)


def test_payback_has_a_share_of_never(seen: Seen) -> None:
    """Around the break-even about half of all years do not repay in time."""
    book = plain_book(a=1.0, b=1.0)
    now = seen("few-shot", "a", static_tokens=0)
    then = seen("fine-tuned", "b", input_tokens=200, static_tokens=0, upfront_usd=60.0)
    keys = now.candidate_key, then.candidate_key
    even = payback(draw([now, then], terms(book, 10_000), rng=rng()), *keys)
    rich = payback(draw([now, then], terms(book, 1_000_000), rng=rng()), *keys)

    assert 0.3 < even.p_never < 0.8
    assert even.months.high == np.inf
    assert rich.p_never < 0.01
    # $60 against 500 tokens on a million requests a month, at $1 a million tokens.
    assert rich.months.middle == pytest.approx(60 / 500, rel=0.2)


def test_no_tune_repays_after_its_model_died(seen: Seen, book: PriceBook) -> None:
    """The article's $50 on gpt-4.1-mini in November 2026: in no year at all."""
    now = seen()
    then = seen("fine-tuned", "ft:gpt-4.1-mini", input_tokens=200, upfront_usd=50.0)
    keys = now.candidate_key, then.candidate_key
    draws = draw([now, then], terms(book), rng=rng(), spread=CERTAIN)

    assert payback(draws, *keys).p_never == 1
    assert draws.life_months[then.candidate_key] < 1.8
    assert date(2027, 1, 14) == book.shutdown(then.model)


def test_unknown_prices_are_left_out_not_drawn_as_zero(
    seen: Seen, book: PriceBook
) -> None:
    """What is unknown cannot be the cheapest."""
    draws = draw([seen(model="no-such-model")], terms(book), rng=rng())

    assert outlooks(draws, STANDARD) == ()
