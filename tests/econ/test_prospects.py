"""Whether going on can pay: to tune, or to try a later rung."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from econ_cases import brief, measured, plain_book
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.brief import Brief, Models
from suffice.economics.decide import Prospect, enough, should_tune
from suffice.economics.prices import PriceBook
from suffice.results import Measured

Seen = Callable[..., Measured]
Briefs = Callable[..., Brief]


def tuned(upfront_usd: float | None = 50.0, base: str = "gpt-4.1-mini") -> Prospect:
    """What fine-tuning on that base could be, its prompt cut to the question."""
    return Prospect(rung="fine-tuned", model=f"ft:{base}", upfront_usd=upfront_usd)


def test_tunes_for_quality_when_no_prompt_passed(
    brief_of: Briefs, seen: Seen, book: PriceBook, on: date
) -> None:
    """Nothing else is left to try."""
    decision = should_tune(
        [seen(ruling="failed")],
        brief=brief_of(),
        book=book,
        on=on,
        training_estimate=tuned(),
    )

    assert (decision.yes, decision.motive) == (True, "quality")


def test_does_not_tune_when_the_model_dies_before_it_has_repaid(
    brief_of: Briefs, seen: Seen, book: PriceBook, on: date
) -> None:
    """$500 against $4 a month, with 54 days to live; it says from when it would."""
    decision = should_tune(
        [seen()],
        brief=brief_of(),
        book=book,
        on=on,
        training_estimate=tuned(500.0),
    )

    assert not decision.yes
    assert "125 months, after its base is switched off (1.77 months)" in decision.why
    assert decision.from_requests_per_month == pytest.approx(7_045_717, rel=1e-5)


def test_tunes_for_cost_when_it_repays_in_time(
    brief_of: Briefs, seen: Seen, book: PriceBook, on: date
) -> None:
    """At a hundred times the volume the same job repays within days."""
    decision = should_tune(
        [seen()],
        brief=brief_of(10_000_000),
        book=book,
        on=on,
        training_estimate=tuned(),
    )

    assert (decision.yes, decision.motive) == (True, "cost")


def test_never_tunes_where_the_tuned_model_costs_more_to_run(
    brief_of: Briefs, seen: Seen, book: PriceBook, on: date
) -> None:
    """The dearer token price eats the shorter prompt: at no volume does it pay."""
    decision = should_tune(
        [seen("zero-shot", input_tokens=200, static_tokens=0)],
        brief=brief_of(),
        book=book,
        on=on,
        training_estimate=tuned(),
    )

    assert (decision.yes, decision.from_requests_per_month) == (False, None)
    assert "never pays" in decision.why


def test_an_unknown_training_price_shows_no_saving(
    brief_of: Briefs, seen: Seen, book: PriceBook, on: date
) -> None:
    """Unknown is not free."""
    decision = should_tune(
        [seen()],
        brief=brief_of(1e9),
        book=book,
        on=on,
        training_estimate=tuned(None),
    )

    assert not decision.yes
    assert "unknown" in decision.why


@pytest.mark.parametrize(
    ("day", "said"),
    [(date(2027, 1, 7), "ended with 2027-01-06"), (date(2027, 1, 14), "switched off")],
)
def test_nothing_is_tuned_where_no_job_can_be_created(
    brief_of: Briefs, seen: Seen, book: PriceBook, day: date, said: str
) -> None:
    """OpenAI closes self-serve fine-tuning, and a week later its bases."""
    decision = should_tune(
        [seen(ruling="failed")],
        brief=brief_of(),
        book=book,
        on=day,
        training_estimate=tuned(),
    )

    assert not decision.yes
    assert said in decision.why


def test_a_brief_can_rule_tuning_out(
    brief_of: Briefs, seen: Seen, book: PriceBook, on: date
) -> None:
    """No tunable model is named."""
    decision = should_tune(
        [seen(ruling="failed")],
        brief=brief_of(models=Models(base=("gpt-4.1-mini",), tunable=None)),
        book=book,
        on=on,
        training_estimate=tuned(),
    )

    assert not decision.yes


def test_the_climb_goes_on_until_something_passed(
    brief_of: Briefs, seen: Seen, book: PriceBook, on: date
) -> None:
    """A failed or undecided rung is not enough."""
    ladder = [seen(ruling="failed"), seen("zero-shot", ruling="inconclusive")]

    assert not enough(ladder, brief=brief_of(), book=book, on=on)


def test_the_climb_stops_when_nothing_later_can_be_cheaper(
    brief_of: Briefs, seen: Seen, book: PriceBook, on: date
) -> None:
    """A tune that cannot repay in time is no reason to go on."""
    assert enough([seen()], brief=brief_of(), book=book, on=on, later=[tuned()])


def test_the_climb_goes_on_for_a_cheaper_model(
    brief_of: Briefs, seen: Seen, book: PriceBook, on: date
) -> None:
    """gpt-6-luna could do it for a quarter."""
    later = [Prospect(rung="zero-shot", model="gpt-6-luna")]

    assert not enough([seen()], brief=brief_of(), book=book, on=on, later=later)


def test_the_floor_is_always_enough(
    brief_of: Briefs, seen: Seen, book: PriceBook, on: date
) -> None:
    """Nothing is cheaper than no model at all."""
    floor = seen("floor", "majority class", usd_per_request=0.0)
    later = [Prospect(rung="zero-shot", model="gpt-6-luna")]

    assert enough([floor], brief=brief_of(), book=book, on=on, later=later)


@settings(max_examples=30, deadline=None)
@given(volume=st.floats(10, 1e7), usd=st.floats(0.01, 1e4), horizon=st.floats(0.5, 36))
def test_tuning_pays_from_the_volume_it_names_and_not_below(
    volume: float, usd: float, horizon: float
) -> None:
    """The named volume is where the answer turns from no to yes."""
    models = Models(base=("a",), tunable="b")
    book = plain_book(**{"a": 1.0, "b": 1.0, "ft:b": 1.5})
    ladder = [measured("few-shot", "a")]

    def asked(at: float) -> tuple[bool, float | None]:
        decision = should_tune(
            ladder,
            brief=brief(at, models=models, horizon_months=horizon),
            book=book,
            on=date(2026, 11, 21),
            training_estimate=tuned(usd, "b"),
        )
        return decision.yes, decision.from_requests_per_month

    yes, turns_at = asked(volume)
    if yes or turns_at is None:
        return

    assert asked(turns_at * (1 + 1e-9))[0]
    assert not asked(turns_at * (1 - 1e-9))[0]
