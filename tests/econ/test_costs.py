"""What the brief's costs add: every term of ownership, each to the cent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from econ_cases import TODAY, brief, measured, plain_book
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.costs import Costs
from suffice.economics.draws import Spread
from suffice.economics.ownership import own, terms_of
from suffice.economics.prices import load_prices
from suffice.economics.risk import draw
from suffice.economics.terms import Terms, preparation_usd

CERTAIN = Spread(volume=0, growth=0, tokens=0, price_per_year=0, upfront=0)
CASE = measured("few-shot", "a", static_tokens=0)
"""750 tokens at $1 a million: $0.00075 a request, $75 a month."""


def terms(costs: dict[str, Any] | None = None, **changes: Any) -> Terms:
    """A year at 100,000 requests a month."""
    made = terms_of(brief(costs=Costs(**(costs or {}))), plain_book(a=1.0), TODAY)
    return replace(made, **changes)


def total(costs: dict[str, Any], **changes: Any) -> float:
    """What the case costs over the year."""
    usd = own(replace(CASE, **changes), terms(costs)).total_usd
    assert usd is not None
    return usd


def test_with_nothing_said_nothing_is_added() -> None:
    """The default verdicts are those of calls and hosting alone."""
    assert total({}) == pytest.approx(12 * 75)


def test_what_is_sent_again_is_paid_again() -> None:
    """Two in a hundred requests: 2 % more."""
    assert total({"retry_share": 0.02}) == pytest.approx(12 * 75 * 1.02)


def test_only_rungs_that_retrieve_pay_for_retrieval() -> None:
    """A lookup at $0.0001 is $10 a month, and not for a fixed prompt."""
    costs = {"retrieval_usd_per_request": 0.0001}

    assert total(costs) == pytest.approx(12 * 75)
    for rung in ("rag", "retrieved-few-shot", "fine-tuned-rag"):
        assert total(costs, rung=rung) == pytest.approx(12 * 85)


def test_the_judges_share_costs_what_judging_was_measured_to_cost() -> None:
    """A tenth of the answers at $0.002 each; a price in the brief wins."""
    seen = {"judge_usd_per_example": 0.002}

    assert total({"monitored_share": 0.1}, **seen) == pytest.approx(12 * (75 + 20))
    given_price = {"monitored_share": 0.1, "judge_usd_per_answer": 0.001}
    assert total(given_price, **seen) == pytest.approx(12 * (75 + 10))


def test_monitoring_costs_the_same_whatever_the_volume() -> None:
    """It is a month's fee."""
    assert total({"monitoring_usd_per_month": 30}) == pytest.approx(12 * 105)


def test_growth_makes_the_later_months_dearer() -> None:
    """5 % a month over a year is a mean volume 1.36 times today's, month by month."""
    months = [1.05 ** (n + 0.5) for n in range(12)]

    assert total({"growth_per_month": 0.05}) == pytest.approx(75 * sum(months), 1e-3)


def test_later_money_is_worth_less() -> None:
    """At 10 % a year the twelve payments are worth about half a year's less."""
    months = [1.1 ** (-(n + 0.5) / 12) for n in range(12)]

    assert total({"discount_per_year": 0.1}) == pytest.approx(75 * sum(months), 1e-3)


def test_retraining_is_paid_for_each_time_and_only_by_tuned_models() -> None:
    """$60 every four months are $180 a year."""
    costs = {"retrain_every_months": 4.0}

    assert total(costs, upfront_usd=60.0) == pytest.approx(900 + 60)
    tuned = total(costs, rung="fine-tuned", upfront_usd=60.0)
    assert tuned == pytest.approx(900 + 180)


def test_an_unknown_tier_price_makes_the_total_unknown() -> None:
    """Not the standard price, and not 0."""
    assert own(CASE, terms({"service_tier": "flex"})).total_usd is None


def test_batch_halves_what_luna_costs() -> None:
    """A feature that can wait a day pays half."""
    luna = replace(CASE, model="gpt-6-luna")
    at = {"book": load_prices()}
    plain, batch = (
        own(luna, terms({"service_tier": tier}, **at)).total_usd
        for tier in ("standard", "batch")
    )

    assert plain is not None
    assert batch == pytest.approx(plain / 2)


def test_work_labels_and_approval_are_part_of_preparing() -> None:
    """6 hours at $80, 200 labels at $0.50 and $25: $605."""
    costs = Costs(
        preparation_hours=6,
        usd_per_hour=80,
        labels_needed=200,
        usd_per_label=0.5,
        evaluation_usd=25,
    )

    assert preparation_usd(brief(costs=costs)) == pytest.approx(605)


COSTS = st.builds(
    Costs,
    retry_share=st.floats(0, 0.5),
    retrieval_usd_per_request=st.floats(0, 0.01),
    monitored_share=st.floats(0, 1),
    judge_usd_per_answer=st.one_of(st.none(), st.floats(0, 0.01)),
    monitoring_usd_per_month=st.floats(0, 100),
    growth_per_month=st.floats(-0.1, 0.2),
    retrain_every_months=st.one_of(st.none(), st.floats(1, 24)),
    discount_per_year=st.floats(0, 0.3),
)


@settings(max_examples=50, deadline=None)
@given(
    costs=COSTS,
    rung=st.sampled_from(["few-shot", "rag", "fine-tuned", "fine-tuned-rag"]),
    model=st.sampled_from(["gpt-6-luna", "gpt-4.1-mini", "fireworks/dedicated-h100"]),
    volume=st.floats(100, 1e7),
)
def test_a_year_without_uncertainty_is_the_point_estimate(
    costs: Costs, rung: str, model: str, volume: float
) -> None:
    """One arithmetic, not two: the drawn years must not drift from the verdict's."""
    seen = measured(
        rung,
        model,
        input_tokens=3200,
        static_tokens=3000,
        upfront_usd=60.0,
        judge_usd_per_example=0.001,
    )
    at = terms(costs.model_dump(), book=load_prices(), requests_per_month=volume)
    drawn = draw([seen], at, rng=np.random.default_rng(7), spread=CERTAIN, n=2)

    expected = own(seen, at).total_usd
    assert drawn.total_usd(seen.candidate_key) == pytest.approx([expected] * 2)
