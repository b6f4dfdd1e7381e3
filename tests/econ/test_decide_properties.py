"""The verdict holds to what money and proof allow, whatever the ladder."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

from deciding import verdict_on
from econ_cases import TODAY, brief, measured, plain_book
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.economics.ownership import DAYS_PER_MONTH
from suffice.results import Measured

RUNGS = ("zero-shot", "few-shot", "optimised-prompt")


CANDIDATES = st.lists(
    st.tuples(
        st.sampled_from(["passed", "failed", "inconclusive"]),
        st.integers(0, 5000),
        st.integers(0, 500),
        st.floats(0, 1000),
    ),
    min_size=1,
    max_size=6,
)


def ladder_of(rows: list[tuple[str, int, int, float]]) -> list[Measured]:
    """Candidates a, b, c ... that cost $1 per million tokens."""
    return [
        measured(
            RUNGS[min(i, 2)],
            "abcdef"[i],
            ruling=ruling,
            input_tokens=read,
            static_tokens=0,
            output_tokens=written,
            upfront_usd=upfront,
        )
        for i, (ruling, read, written, upfront) in enumerate(rows)
    ]


@settings(max_examples=50, deadline=None)
@given(rows=CANDIDATES, volume=st.floats(1, 1e8), horizon=st.floats(0.1, 60))
def test_the_choice_is_what_trying_all_would_choose(
    rows: list[tuple[str, int, int, float]], volume: float, horizon: float
) -> None:
    """Against an oracle written as plainly as can be."""
    ladder = ladder_of(rows)
    book = plain_book(**dict.fromkeys("abcdef", 1.0))
    verdict = verdict_on(ladder, brief(volume, horizon_months=horizon), book)
    totals = {
        m.candidate_key: (m.input_tokens + m.output_tokens) / 1e6 * volume * horizon
        + (m.upfront_usd or 0)
        for m in ladder
        if m.ruling == "passed"
    }

    if not totals:
        assert verdict.chosen is None
    else:
        assert verdict.chosen is not None
        least = min(totals.values())
        assert math.isclose(totals[verdict.chosen], least, rel_tol=1e-8, abs_tol=1e-12)


@settings(max_examples=50, deadline=None)
@given(rows=CANDIDATES, cut=st.floats(0, 0.999))
def test_becoming_cheaper_never_loses_the_choice(
    rows: list[tuple[str, int, int, float]], cut: float
) -> None:
    """A price cut for what runs cannot be a reason to run something else."""
    ladder = ladder_of(rows)
    prices = dict.fromkeys("abcdef", 1.0)
    before = verdict_on(ladder, brief(), plain_book(**prices))
    if before.model is None:
        return
    prices[before.model] = 1 - cut

    after = verdict_on(ladder, brief(), plain_book(**prices))

    assert after.chosen == before.chosen


@settings(max_examples=30, deadline=None)
@given(days=st.integers(1, 800), volume=st.floats(1e3, 1e7), usd=st.floats(1, 5000))
def test_tuning_is_chosen_exactly_when_it_repays_in_time(
    days: int, volume: float, usd: float
) -> None:
    """Payback below the horizon and below the model's life, whichever ends first."""
    book = plain_book(a=1.0, b=1.0)
    prompt = measured("few-shot", "a", static_tokens=0)
    tuned = replace(
        measured("fine-tuned", "b", static_tokens=0), input_tokens=200, upfront_usd=usd
    )
    gone = date.fromordinal(TODAY.toordinal() + days)
    verdict = verdict_on(
        [prompt, tuned],
        brief(volume),
        book.with_shutdown("b", gone),
        non_inferior={tuned.candidate_key: True},
    )
    payback = usd / (500 / 1e6 * volume)
    limit = min(12.0, days / DAYS_PER_MONTH)
    if math.isclose(payback, limit, rel_tol=1e-6):
        return

    assert verdict.rung == ("fine-tuned" if payback < limit else "few-shot")
