"""Figures of a stored verdict: what the report draws must be what was decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from econ_cases import TODAY, brief, measured, plain_book

from suffice.brief import Brief
from suffice.costs import Costs
from suffice.economics.choice import choose
from suffice.economics.curves import (
    break_even_month,
    circumstances_of,
    cumulative_costs,
    ownership_of,
)
from suffice.economics.decide import decide
from suffice.economics.prices import PriceBook
from suffice.economics.sensitivity import tornado
from suffice.results import Verdict

PROMPT = measured("few-shot", "a", static_tokens=0)
TUNED = measured("fine-tuned", "b", input_tokens=200, static_tokens=0, upfront_usd=60.0)
BOOK = plain_book(a=1.0, b=1.0)


def decided(book: PriceBook, about: Brief) -> Verdict:
    """The verdict on a prompt and a tuned model that was shown to be as good."""
    return decide(
        [PROMPT, TUNED],
        brief=about,
        book=book,
        on=TODAY,
        climb_id="c",
        data_fingerprint="f",
        non_inferior={TUNED.candidate_key: True},
    )


def test_the_curves_cross_where_tuning_has_paid_for_itself() -> None:
    """$60 at $10 a month: half a year, give or take the drawn prices' drift."""
    about = brief(20_000)
    now, then = cumulative_costs(decided(BOOK, about), about, BOOK)

    assert break_even_month(now, then) == pytest.approx(6, rel=0.15)
    assert break_even_month(then, now) is None


def test_a_curve_starts_at_what_is_paid_upfront_and_ends_at_the_total() -> None:
    """Otherwise the picture and the sentence beside it would quarrel."""
    about = brief(20_000)
    verdict = decided(BOOK, about)
    curves = cumulative_costs(verdict, about, BOOK)
    totals = ownership_of(verdict, about, BOOK)

    assert [c.middle[0] for c in curves] == pytest.approx([0, 60], rel=0.05)
    for curve in curves:
        expected = totals[curve.candidate_key].total_usd
        assert curve.middle[-1] == pytest.approx(expected, rel=0.1)
        assert curve.low[-1] < curve.middle[-1] < curve.high[-1]
        assert list(curve.months) == sorted(curve.months)


def test_a_model_that_dies_is_paid_for_again_on_that_day() -> None:
    """A step at the retirement is what the article's formula leaves out."""
    book = BOOK.with_shutdown("b", TODAY + timedelta(days=122))
    about = brief(200_000)
    curve = cumulative_costs(decided(book, about), about, book)[1]

    life = 122 / (365.25 / 12)
    assert curve.shutdown_month == pytest.approx(life)
    assert curve.paid_at == pytest.approx((0, life, 2 * life))
    before, after = (i for i, t in enumerate(curve.months) if t == curve.paid_at[1])
    assert curve.middle[after] - curve.middle[before] == pytest.approx(60, rel=0.05)


def test_the_tornado_names_what_turns_the_choice() -> None:
    """At 12,000 requests a month the break-even of 10,000 is a bad month away."""
    about = brief(12_000)
    bars = {s.input: s for s in tornado(decided(BOOK, about), about, BOOK)}
    volume = bars["requests_per_month"]

    assert (volume.to_low, volume.to_high) == (PROMPT.candidate_key, None)
    assert volume.usd_now == pytest.approx(60 + 12 * 12_000 * 250e-6 / 1e3 * 1e0, rel=1)
    assert volume.usd_low is not None
    assert volume.usd_high is not None
    assert volume.usd_low < volume.usd_high


def test_the_tornado_is_sorted_by_what_moves_the_cost() -> None:
    """The reader looks at the top."""
    about = brief(100_000)
    swings = [s.swing_usd for s in tornado(decided(BOOK, about), about, BOOK)]

    assert swings == sorted(swings, reverse=True)
    assert swings[0] > 0


def test_a_verdict_without_a_choice_has_no_tornado() -> None:
    """There is no cost to move."""
    about = brief()
    verdict = decided(BOOK, about)
    none = replace(verdict, ladder=(replace(PROMPT, ruling="failed"),))

    assert tornado(none, about, BOOK) == ()


def test_the_stored_choice_is_found_again_from_the_stored_numbers() -> None:
    """The report must not decide anything of its own."""
    about = brief(20_000, costs=Costs(growth_per_month=0.05, discount_per_year=0.1))
    verdict = decided(BOOK, about)
    terms, standard = circumstances_of(verdict, about, BOOK)
    found = choose(verdict.ladder, terms, standard).chosen

    assert found is not None
    assert found.candidate_key == verdict.chosen
