"""The plan: what a climb can take at most, and its refusal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from suffice.brief import Brief, Models
from suffice.economics.plan import (
    Effort,
    MeanTokens,
    Pace,
    Plan,
    Planned,
    Sizes,
    plan,
    refuse_over_budget,
)
from suffice.economics.prices import PriceBook
from suffice.errors import OverBudget
from suffice.measuring import choosing, rungs

Briefs = Callable[..., Brief]
SIZES = Sizes(train=240, dev=40, test=120)
TOKENS = MeanTokens(question=50, answer=20, instructions=100, tuned_instructions=5)


def row(planned: Plan, rung: str) -> Planned:
    """The only row of that rung."""
    return next(r for r in planned.rows if r.rung == rung)


def test_the_floor_costs_nothing_and_calls_nobody(
    brief_of: Briefs, book: PriceBook, on: date
) -> None:
    """It runs on this machine, without a model."""
    floor = row(plan(brief_of(), SIZES, TOKENS, book, on), "floor")

    assert (floor.n_calls, floor.usd) == (0, 0.0)


def test_zero_shot_is_planned_by_hand(
    brief_of: Briefs, book: PriceBook, on: date
) -> None:
    """Two prompts halve from 8 to 40 dev examples, then 120 test examples."""
    planned = row(plan(brief_of(), SIZES, TOKENS, book, on), "zero-shot")
    calls = 2 * 40 + 120

    assert planned.n_calls == calls
    assert planned.input_tokens == calls * 150
    assert planned.output_tokens == calls * 64
    assert planned.usd == pytest.approx(calls * (150 * 0.4 + 64 * 1.6) / 1e6)


def test_tuning_is_planned_with_its_training(
    brief_of: Briefs, book: PriceBook, on: date
) -> None:
    """240 examples of 75 tokens, three times over, at $5 a million."""
    planned = row(plan(brief_of(), SIZES, TOKENS, book, on), "fine-tuned")
    calling = 120 * (55 * 0.8 + 20 * 3.2) / 1e6

    assert planned.trained_tokens == 240 * 75 * 3
    assert planned.usd == pytest.approx(calling + 240 * 75 * 3 * 5 / 1e6)


def test_the_embedded_model_is_planned_in_cpu_seconds(
    brief_of: Briefs, book: PriceBook, on: date
) -> None:
    """Half a CPU-second a call at 5 cents an hour; training at a measured pace."""
    brief = brief_of(models=Models())
    pace = Pace(seconds_per_call=2.0, concurrency=16, training_tokens_per_s=250)
    planned = plan(brief, SIZES, TOKENS, book, on, pace=pace, cpu_s_per_call=0.5)
    zero, tuned = row(planned, "zero-shot"), row(planned, "fine-tuned")

    assert zero.usd == pytest.approx(200 * 0.5 / 3600 * 0.05)
    assert zero.seconds == pytest.approx(200 * 2 / 16)
    assert tuned.seconds == pytest.approx(120 * 2 / 16 + 240 * 75 * 3 / 250)
    assert planned.unknown == ()


def test_an_unknown_price_is_named_and_not_added_up_as_zero(
    brief_of: Briefs, book: PriceBook, on: date
) -> None:
    """Nobody can promise a budget over a price nobody knows."""
    brief = brief_of(models=Models(base=("no-such-model",), tunable=None))
    planned = plan(brief, SIZES, TOKENS, book, on)

    assert planned.unknown == ("no-such-model",)
    with pytest.raises(OverBudget, match="no-such-model"):
        refuse_over_budget(planned, brief)


def test_a_plan_over_the_budget_is_refused_with_its_numbers(
    brief_of: Briefs, book: PriceBook, on: date
) -> None:
    """The sum, the budget, and what costs most."""
    brief = brief_of(budget_usd=0.01)
    planned = plan(brief, SIZES, TOKENS, book, on)

    with pytest.raises(OverBudget, match=r"\$\d+\.\d+ .* budget_usd is \$0\.01; .* on"):
        refuse_over_budget(planned, brief)


def test_a_plan_within_the_budget_goes_through(
    brief_of: Briefs, book: PriceBook, on: date
) -> None:
    """The default budget of $5 bears the article's case."""
    brief = brief_of()
    planned = plan(brief, SIZES, TOKENS, book, on)
    refuse_over_budget(planned, brief)

    assert 0 < planned.usd < brief.budget_usd


def test_the_plan_assumes_what_the_rungs_really_do() -> None:
    """Numbers that drift apart would make the plan a fiction."""
    effort = Effort()

    assert effort.shots == rungs.SHOTS
    assert effort.draws == rungs.DRAWS
    assert effort.most_dev == choosing.MOST_DEV
