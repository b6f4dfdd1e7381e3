"""Flip points: just before the choice stands, just after it is another one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from econ_cases import TODAY, measured, plain_book
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.economics.choice import Standard, choose
from suffice.economics.flips import NOTHING, flip_points, quantities
from suffice.economics.ownership import Terms
from suffice.economics.prices import PriceBook
from suffice.economics.retirement import choice_if_retired
from suffice.results import FlipPoint, Measured

Seen = Callable[..., Measured]
STANDARD = Standard(
    bar=0.9,
    measured_bar=0.9,
    margin=0.03,
    non_inferior={"fine-tuned/b": True, "fine-tuned/ft:gpt-4.1-mini": True},
)


def terms(book: PriceBook, volume: float = 100_000, horizon: float = 12.0) -> Terms:
    """These circumstances on the day of the notes."""
    return Terms(requests_per_month=volume, horizon_months=horizon, on=TODAY, book=book)


def by_name(flips: tuple[FlipPoint, ...]) -> dict[str, FlipPoint]:
    """The last flip point of each quantity."""
    return {flip.quantity: flip for flip in flips}


def test_the_volume_from_which_tuning_pays_is_the_break_even(seen: Seen) -> None:
    """$60 over 12 months at 500 tokens of $1 a million: 10,000 requests a month."""
    ladder = [
        seen("few-shot", "a", static_tokens=0),
        seen("fine-tuned", "b", input_tokens=200, static_tokens=0, upfront_usd=60),
    ]
    flips = flip_points(ladder, terms(plain_book(a=1.0, b=1.0), 3000), STANDARD)
    flip = by_name(flips)["requests_per_month"]

    assert flip.at == pytest.approx(10_000)
    assert (flip.to, flip.now) == ("fine-tuned/b", 3000)
    assert flip.text.startswith("From 10,000 requests a month")


def test_the_price_at_which_the_choice_turns(seen: Seen) -> None:
    """Luna at $0.10 in stands against a rival at $36.00 a month."""
    ladder = [
        seen(model="gpt-6-luna", static_tokens=0),
        seen("optimised-prompt", "gpt-4.1-mini"),
    ]
    at = terms(_built_in())
    flip = by_name(flip_points(ladder, at, STANDARD))["gpt-6-luna.input"]

    assert flip.at == pytest.approx((36.0 / 0.1 - 50 * 0.5) / 700, rel=1e-6)


def test_a_higher_bar_leads_to_what_is_proved_better_or_to_nothing(seen: Seen) -> None:
    """0.88 is proved, so a bar of 0.91 is the highest with a margin of 0.03."""
    flips = flip_points([seen()], terms(_built_in()), STANDARD)
    flip = by_name(flips)["bar"]

    assert flip.at == pytest.approx(0.91)
    assert flip.to == NOTHING


def test_a_lower_bar_lets_an_earlier_rung_pass(seen: Seen) -> None:
    """What failed at 0.9 is proved at its own lower limit plus the margin."""
    low = seen("zero-shot", input_tokens=200, ruling="failed", quality_low=0.5)
    flips = flip_points([low, seen()], terms(_built_in()), STANDARD)
    flip = next(f for f in flips if f.quantity == "bar" and f.at < 0.9)

    assert flip.at == pytest.approx(0.53)
    assert flip.to == low.candidate_key


def test_a_lone_candidate_has_no_flip_in_price_or_volume(seen: Seen) -> None:
    """There is nothing to turn to."""
    flips = flip_points([seen()], terms(_built_in()), STANDARD)

    assert {f.quantity for f in flips} == {"bar"}


def test_the_price_of_a_cpu_hour_turns_self_hosting(seen: Seen) -> None:
    """The embedded model is priced by the brief; dear CPUs make it lose."""
    ladder = [
        seen(model="smollm2-135m-instruct", cpu_s=0.36),
        seen("optimised-prompt", "gpt-6-luna", static_tokens=0),
    ]
    flips = by_name(flip_points(ladder, terms(_built_in()), STANDARD))

    # $9.50 a month over 100,000 requests are 0.36 s each of a core at $0.95 an hour.
    assert flips["cpu_usd_per_hour"].at == pytest.approx(0.95, rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(
    reads=st.lists(st.integers(1, 4000), min_size=3, max_size=3),
    upfront=st.lists(st.floats(0, 2000), min_size=3, max_size=3),
    usd=st.lists(st.floats(0.01, 10), min_size=3, max_size=3),
    volume=st.floats(100, 1e7),
    days=st.integers(10, 900),
)
def test_the_choice_differs_just_beyond_every_flip_point_and_not_before(
    reads: list[int],
    upfront: list[float],
    usd: list[float],
    volume: float,
    days: int,
) -> None:
    """A flip point that does not flip, or not there, would be a false promise."""
    ladder = [
        measured(
            "few-shot",
            model,
            input_tokens=reads[i],
            static_tokens=0,
            upfront_usd=upfront[i],
            quality_low=0.88 + i / 100,
        )
        for i, model in enumerate("abc")
    ]
    book = plain_book(**dict(zip("abc", usd, strict=True)))
    book = book.with_shutdown("b", date.fromordinal(TODAY.toordinal() + days))
    at = terms(book, volume)
    now = choose(ladder, at, STANDARD)
    known = {q.name: q for q in quantities(ladder, at, STANDARD, now)}

    for flip in flip_points(ladder, at, STANDARD):
        if flip.quantity.endswith(".shutdown"):
            continue
        choice_at = known[flip.quantity].choice_at
        step = (flip.at - flip.now) * 1e-6
        if abs(step) < 1e-12 * flip.now:
            continue  # a tie: the flip is where it stands, to within rounding
        after, before = choice_at(flip.at + step), choice_at(flip.at - step)
        assert before.chosen == now.chosen
        assert after.chosen != now.chosen


def test_a_flip_point_says_what_a_new_decision_would_say(seen: Seen) -> None:
    """Deciding anew beyond it gives the candidate it names."""
    ladder = [
        seen(),
        seen(
            "fine-tuned",
            "ft:gpt-4.1-mini",
            input_tokens=200,
            static_tokens=0,
            upfront_usd=50,
        ),
    ]
    at = terms(_built_in())
    flip = by_name(flip_points(ladder, at, STANDARD))["requests_per_month"]
    beyond = choose(
        ladder, replace(at, requests_per_month=flip.at * 1.001), STANDARD
    ).chosen

    assert beyond is not None
    assert beyond.candidate_key == flip.to == "fine-tuned/ft:gpt-4.1-mini"
    # $50 within the 1.77 months it lives, at $4 a month and 100,000 requests.
    assert flip.at == pytest.approx(100_000 * 50 / (54 / (365.25 / 12)) / 4)


@settings(max_examples=30, deadline=None)
@given(
    upfront=st.floats(1, 2000),
    volume=st.floats(100, 1e6),
    days=st.one_of(st.none(), st.integers(2, 900)),
)
def test_the_day_of_retirement_that_turns_the_choice_is_exact(
    upfront: float, volume: float, days: int | None
) -> None:
    """A day earlier or later is the difference between a promise and a guess."""
    ladder = [
        measured("few-shot", "a", static_tokens=0),
        measured(
            "fine-tuned", "b", input_tokens=200, static_tokens=0, upfront_usd=upfront
        ),
    ]
    book = plain_book(a=1.0, b=1.0)
    if days is not None:
        book = book.with_shutdown("b", TODAY + timedelta(days=days))
    at = terms(book, volume)
    now = choose(ladder, at, STANDARD)

    for flip in flip_points(ladder, at, STANDARD):
        if flip.quantity != "b.shutdown":
            continue
        assert now.chosen is not None
        nearer = flip.at + (1 if flip.at < flip.now else -1)
        there, before = (
            choice_if_retired("b", TODAY + timedelta(days=d), now, at, STANDARD).chosen
            for d in (flip.at, nearer)
        )
        assert there is not None
        assert there.candidate_key == flip.to != now.chosen.candidate_key
        assert before == now.chosen


def test_a_tuned_model_takes_over_if_its_base_lives_long_enough(seen: Seen) -> None:
    """$60 at $5 a month are repaid in a year: a base that dies sooner must wait."""
    ladder = [
        seen("few-shot", "a", static_tokens=0),
        seen("fine-tuned", "b", input_tokens=200, static_tokens=0, upfront_usd=60),
    ]
    book = plain_book(a=1.0, b=1.0).with_shutdown("b", TODAY + timedelta(days=90))
    flips = flip_points(ladder, terms(book, 20_000), STANDARD)
    flip = by_name(flips)["b.shutdown"]

    # $60 over $10 a month are six months, or 182.6 days; one more to be cheaper.
    assert flip.at == 183
    assert flip.text.startswith("If b lives until 2027-05-23, fine-tuned on b takes")


def test_the_share_read_from_the_cache_turns_the_choice(seen: Seen) -> None:
    """Few-shot on luna lives by its cache; without it the short prompt is cheaper."""
    ladder = [
        seen(
            "few-shot",
            "gpt-6-luna",
            input_tokens=3200,
            static_tokens=3000,
            output_tokens=100,
        ),
        seen("optimised-prompt", "gpt-5.6-luna", static_tokens=0),
    ]
    flip = by_name(flip_points(ladder, terms(_built_in()), STANDARD))[
        "gpt-6-luna.cached_share"
    ]

    # 0.2 * 700 + 1.2 * 50 = $200 against 70 + 3000 * (0.01 s + 0.125 (1 - s)).
    assert flip.at == pytest.approx((70 + 375 - 200) / (3000 * 0.115))
    assert flip.to == "optimised-prompt/gpt-5.6-luna"


def _built_in() -> PriceBook:
    from suffice.economics.prices import load_prices

    return load_prices()
