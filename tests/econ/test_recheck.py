"""The re-check: four triggers, no flapping, and a climb only where one is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from deciding import verdict_on
from econ_cases import TODAY, plain_book

from suffice.brief import Brief
from suffice.economics.decide import Prospect
from suffice.economics.prices import PriceBook
from suffice.economics.recheck import Recheck, UsageSummary, recheck
from suffice.results import Measured, Verdict

Seen = Callable[..., Measured]
Briefs = Callable[..., Brief]


def verdict_of(
    ladder: list[Measured], brief: Brief, book: PriceBook, on: date = TODAY
) -> Verdict:
    """What was decided on that day; every tuned candidate was shown as good."""
    good = {m.candidate_key: True for m in ladder if m.rung == "fine-tuned"}
    return verdict_on(ladder, brief, book, on, non_inferior=good)


def used(volume: float, input_tokens: float = 700.0) -> UsageSummary:
    """A month of log."""
    return UsageSummary(
        n_requests=round(volume),
        n_bad=0,
        first_day=TODAY - timedelta(days=30),
        last_day=TODAY,
        days=30.0,
        requests_per_month=volume,
        input_tokens=input_tokens,
        output_tokens=50.0,
    )


def fired(result: Recheck) -> list[str]:
    """Names of the triggers that fired."""
    return [t.name for t in result.triggers if t.fired]


@pytest.fixture
def pair(seen: Seen) -> list[Measured]:
    """A long prompt on model a, and a tuned short one on model b for $60."""
    return [
        seen("few-shot", "a", static_tokens=0),
        seen("fine-tuned", "b", input_tokens=200, static_tokens=0, upfront_usd=60.0),
    ]


@pytest.fixture
def same() -> PriceBook:
    """Both models at $1 a million tokens."""
    return plain_book(a=1.0, b=1.0)


def test_nothing_changed_means_nothing_to_do(
    pair: list[Measured], same: PriceBook, brief_of: Briefs
) -> None:
    """The same circumstances give the same verdict."""
    brief = brief_of(5_000)
    verdict = verdict_of(pair, brief, same)
    result = recheck(verdict, brief=brief, book=same, on=TODAY)

    assert verdict.rung == "few-shot"
    assert (result.changed, result.may_flip, result.climb_needed) == (False,) * 3
    assert result.verdict == verdict
    assert fired(result) == []


def test_more_usage_flips_to_the_tuned_model(
    pair: list[Measured], same: PriceBook, brief_of: Briefs
) -> None:
    """Break-even is at 10,000; at 100,000 requests a month tuning wins clearly."""
    verdict = verdict_of(pair, brief_of(5_000), same)
    result = recheck(
        verdict, brief=brief_of(5_000), book=same, on=TODAY, usage=used(100_000)
    )

    assert (result.changed, result.verdict.rung) == (True, "fine-tuned")
    assert result.verdict.requests_per_month == 100_000
    assert fired(result) == ["usage"]
    assert not result.climb_needed


def test_a_gain_below_the_least_gain_does_not_flip(
    pair: list[Measured], same: PriceBook, brief_of: Briefs
) -> None:
    """Just beyond the break-even there is hardly anything to win: no flapping."""
    verdict = verdict_of(pair, brief_of(5_000), same)
    result = recheck(
        verdict, brief=brief_of(5_000), book=same, on=TODAY, usage=used(10_500)
    )

    assert (result.changed, result.may_flip) == (False, True)
    assert "the choice stands" in result.text


def test_longer_questions_are_carried_over_to_the_others(
    seen: Seen, brief_of: Briefs
) -> None:
    """Twice as long a question costs more wherever its model costs more."""
    book = plain_book(a=2.0, b=1.0)
    ladder = [
        seen("zero-shot", "a", input_tokens=100, static_tokens=0, output_tokens=50),
        seen("few-shot", "b", input_tokens=400, static_tokens=300, output_tokens=50),
    ]
    verdict = verdict_of(ladder, brief_of(), book)
    result = recheck(
        verdict,
        brief=brief_of(),
        book=book,
        on=TODAY,
        usage=used(100_000, input_tokens=1000),
    )

    assert verdict.rung == "zero-shot"
    assert (result.changed, result.verdict.rung) == (True, "few-shot")


def test_a_price_cut_flips_without_a_single_call(
    pair: list[Measured], same: PriceBook, brief_of: Briefs
) -> None:
    """Only arithmetic: the measurements are those of the verdict."""
    brief = brief_of(100_000)
    verdict = verdict_of(pair, brief, same)
    day = TODAY + timedelta(days=40)
    cut = replace(
        same.rows[0],
        from_date=day,
        input_usd_per_mtok=0.02,
        output_usd_per_mtok=0.02,
    )
    result = recheck(verdict, brief=brief, book=same.with_price(cut), on=day)

    assert verdict.rung == "fine-tuned"
    assert (result.changed, result.verdict.rung) == (True, "few-shot")
    assert result.verdict.ladder == verdict.ladder
    assert fired(result) == ["price"]


def test_what_was_paid_for_the_running_model_is_gone(
    seen: Seen, brief_of: Briefs
) -> None:
    """Leaving a tuned model does not give its training back."""
    ladder = [
        seen("few-shot", "a", static_tokens=0),
        seen("fine-tuned", "b", input_tokens=600, static_tokens=0, upfront_usd=100.0),
    ]
    brief = brief_of(100_000)
    verdict = verdict_of(ladder, brief, plain_book(a=1.0, b=1.0))
    cheaper = plain_book(a=0.9, b=1.0)
    fresh = verdict_of(ladder, brief, cheaper)
    result = recheck(verdict, brief=brief, book=cheaper, on=TODAY)

    assert (verdict.rung, fresh.rung) == ("fine-tuned", "few-shot")
    assert not result.changed


def test_a_model_about_to_die_calls_for_a_climb(
    seen: Seen, book: PriceBook, brief_of: Briefs
) -> None:
    """54 days before the shutdown there is still time to measure a successor."""
    brief = brief_of()
    verdict = verdict_of([seen()], brief, book)
    result = recheck(verdict, brief=brief, book=book, on=TODAY)

    assert fired(result) == ["retirement"]
    assert result.climb_needed
    assert "2027-01-14, in 54 days" in result.text


def test_a_dead_model_gives_way_to_what_was_measured_beside_it(
    seen: Seen, book: PriceBook, brief_of: Briefs
) -> None:
    """The next best stands ready, however small the gain."""
    ladder = [seen("zero-shot", input_tokens=210), seen(model="gpt-6-sol")]
    verdict = verdict_of(ladder, brief_of(), book)
    result = recheck(verdict, brief=brief_of(), book=book, on=date(2027, 1, 14))

    assert verdict.model == "gpt-4.1-mini"
    assert (result.changed, result.verdict.model) == (True, "gpt-6-sol")


def test_when_nothing_is_left_a_climb_is_needed(
    seen: Seen, book: PriceBook, brief_of: Briefs
) -> None:
    """The old verdict is kept and not called good."""
    verdict = verdict_of([seen()], brief_of(), book)
    result = recheck(verdict, brief=brief_of(), book=book, on=date(2027, 2, 1))

    assert (result.changed, result.climb_needed) == (False, True)


def test_volume_from_which_tuning_could_pay_calls_for_a_climb(
    seen: Seen, same: PriceBook, brief_of: Briefs
) -> None:
    """What was never measured cannot be switched to, only tried."""
    verdict = verdict_of([seen("few-shot", "a")], brief_of(1_000), same)
    result = recheck(
        verdict,
        brief=brief_of(1_000),
        book=same,
        on=TODAY,
        usage=used(1_000_000),
        training_estimate=Prospect(rung="fine-tuned", model="b", upfront_usd=60.0),
    )

    assert (result.changed, result.may_flip, result.climb_needed) == (False, True, True)


def test_drift_that_nobody_looked_for_is_not_reported_as_absent(
    pair: list[Measured], same: PriceBook, brief_of: Briefs
) -> None:
    """No data is not good news."""
    verdict = verdict_of(pair, brief_of(), same)
    result = recheck(verdict, brief=brief_of(), book=same, on=TODAY)
    drift = next(t for t in result.triggers if t.name == "drift")

    assert drift.saw.startswith("Not observed")


def test_a_higher_bar_is_answered_from_the_intervals(
    pair: list[Measured], same: PriceBook, brief_of: Briefs
) -> None:
    """What is proved at 0.9 with 0.88 below is not proved at 0.95."""
    verdict = verdict_of(pair, brief_of(), same)
    result = recheck(verdict, brief=brief_of(bar=0.95), book=same, on=TODAY)

    assert result.climb_needed


def test_checking_every_day_at_the_same_rate_never_changes_the_choice(
    pair: list[Measured], same: PriceBook, brief_of: Briefs
) -> None:
    """A year of daily looks at a volume that only wobbles by 5 % around the turn."""
    verdict = verdict_of(pair, brief_of(9_900), same)
    changes = 0
    for day in range(365):
        wobble = used(10_000 * (1 + 0.05 * (-1) ** day))
        result = recheck(
            verdict, brief=brief_of(9_900), book=same, on=TODAY, usage=wobble
        )
        changes += result.changed
        verdict = result.verdict

    assert changes == 0
