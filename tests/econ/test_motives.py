"""Motives and next steps: measured indicators in, one honest sentence out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from econ_cases import TODAY, brief, measured, plain_book

from suffice.brief import Brief
from suffice.costs import Costs
from suffice.economics.decide import decide
from suffice.economics.learning import LearningPoint, forecast
from suffice.economics.prices import PriceBook, load_prices
from suffice.economics.verdict_io import from_json, to_json
from suffice.results import Measured, Verdict

BOOK = plain_book(a=1.0, b=1.0)
LOW: dict[str, Any] = {"ruling": "failed", "quality": 0.7, "quality_low": 0.6}


def decided(
    *ladder: Measured, about: Brief | None = None, book: PriceBook = BOOK
) -> Verdict:
    """The verdict on these candidates; tuned ones were shown to be as good."""
    return decide(
        ladder,
        brief=about or brief(20_000),
        book=book,
        on=TODAY,
        climb_id="c",
        data_fingerprint="f",
        non_inferior={m.candidate_key: True for m in ladder},
    )


def test_too_few_right_answers_before_are_a_motive_of_quality() -> None:
    """The plain case: the rung before was not good enough."""
    verdict = decided(measured("zero-shot", "a", **LOW), measured("few-shot", "a"))

    assert verdict.motive == "quality"
    assert verdict.indicators[-1].startswith("Quality: zero-shot on a reached 0.70")


def test_answers_in_the_wrong_form_are_a_motive_of_format() -> None:
    """27 of 100 unreadable answers are what the prompt lacked, not knowledge."""
    before = measured("zero-shot", "a", **LOW, n=100, n_malformed=27)
    verdict = decided(before, measured("fine-tuned", "b", n_malformed=0))

    assert verdict.motive == "format"
    assert "27% of the answers" in verdict.indicators[0]


def test_malformed_answers_that_would_not_have_helped_are_no_motive() -> None:
    """Had those five been right it would still have failed."""
    before = measured("zero-shot", "a", **LOW, n=100, n_malformed=5)
    verdict = decided(before, measured("few-shot", "a"))

    assert verdict.motive == "quality"


def test_when_every_prompt_fails_and_tuning_passes_the_task_is_special() -> None:
    """Two rungs of prompting and a tuned model: the article's specialised task."""
    verdict = decided(
        measured("zero-shot", "a", **LOW),
        measured("few-shot", "a", **LOW),
        measured("fine-tuned", "b"),
    )

    assert verdict.motive == "specialised-task"
    assert "2 prompts on 1 model fell short" in verdict.indicators[0]


def test_prompts_longer_than_the_model_takes_are_a_motive_of_context() -> None:
    """Measured by refused calls; nobody has to know the window."""
    before = measured("few-shot", "a", **LOW, n=80, n_missing=20, n_too_long=20)
    verdict = decided(before, measured("rag", "a"))

    assert verdict.motive == "context"
    assert verdict.indicators[0].startswith("Context: 20 of 100 prompts")


def test_a_prompt_that_is_good_and_too_slow_is_a_motive_of_latency() -> None:
    """A limit that the brief gives, a time that was measured."""
    slow = measured("chain-of-thought", "a", latency_p95_s=9.0)
    fast = measured("fine-tuned", "b", latency_p95_s=0.5, upfront_usd=60.0)
    verdict = decided(slow, fast, about=brief(20_000, max_latency_s=2.0))

    assert (verdict.rung, verdict.motive) == ("fine-tuned", "latency")
    assert "9.00 s at the 95th percentile" in verdict.indicators[0]


def test_what_is_given_up_for_less_money_is_said() -> None:
    """The cheapest is rarely the best; the reader should know by how much."""
    cheap = measured("zero-shot", "a", input_tokens=200, latency_p95_s=2.0)
    good = measured("few-shot", "a", quality=0.95, latency_p95_s=1.0)
    verdict = decided(cheap, good)

    assert verdict.chosen == cheap.candidate_key
    assert verdict.given_up == (
        "Given up: 0.020 of quality against few-shot on a, "
        "and 1 s at the 95th percentile against few-shot on a."
    )


def test_test_examples_are_worth_what_the_cheaper_candidate_would_save() -> None:
    """Chance that it is good enough, times what it saves, against labels and calls."""
    open_ = measured(
        "zero-shot",
        "a",
        ruling="inconclusive",
        n_more=100,
        input_tokens=200,
        quality=0.9,
        quality_low=0.8,
        usd_per_request=0.001,
    )
    about = brief(1_000_000, costs=Costs(usd_per_label=0.5))
    (step,) = decided(open_, measured("few-shot", "a"), about=about).next_steps

    assert (step.what, step.usd) == ("test-examples", pytest.approx(50.1))
    # $500 a month over a year, at 80 % of the chance that 0.9 of 120 is above 0.87.
    assert step.worth_usd == pytest.approx(6000 * 0.8 * 0.85, rel=0.1)


def test_labels_that_cost_more_than_they_can_save_are_not_suggested() -> None:
    """Nothing is an answer too."""
    open_ = measured("zero-shot", "a", ruling="inconclusive", n_more=100, n=120)
    about = brief(100, costs=Costs(usd_per_label=5.0))
    (step,) = decided(open_, measured("few-shot", "a"), about=about).next_steps

    assert step.what == "nothing"


def test_training_examples_are_suggested_by_their_learning_curve() -> None:
    """Tuned on 50, 100 and 200 examples: twice as many should reach the bar."""
    ladder = [
        replace(
            measured("fine-tuned", "b", **LOW, n=2000, n_train=n),
            candidate_key=f"tuned on {n}",
            quality=1 - 1.2 / n**0.5,
        )
        for n in (50, 100, 200)
    ]
    (step,) = decided(*ladder, about=brief(20_000, bar=0.93)).next_steps

    assert (step.what, step.worth_usd) == ("training-examples", None)
    assert "200 more training examples" in step.text
    assert "to 0.94" in step.text


def test_a_forecast_covers_what_later_training_reached() -> None:
    """Too narrow a range would sell labels; a wide one says so itself."""
    rng = np.random.default_rng(3)
    hits = []
    for _ in range(20):
        sizes = [40, 80, 160, 320, 640]
        right = [rng.binomial(300, 0.95 - 1.5 / n**0.5) / 300 for n in sizes]
        points = [
            LearningPoint(n_train=n, quality=q, n_test=300)
            for n, q in zip(sizes, right, strict=True)
        ]
        found = forecast(points[:-1], 640, wanted=0.9, rng=rng)
        assert found is not None
        hits.append(found.low <= right[-1] <= found.high)

    # 90 % ranges: fewer than 14 of 20 would have a chance under 1 %.
    assert sum(hits) >= 14


def test_two_sizes_are_no_curve() -> None:
    """Any two points lie on a curve; they say nothing about the third."""
    points = [LearningPoint(n_train=n, quality=0.8, n_test=100) for n in (50, 100)]

    assert forecast(points, 200, wanted=0.9, rng=np.random.default_rng(1)) is None


def test_a_cheaper_model_of_the_provider_is_named_with_what_it_could_save() -> None:
    """At most: how good it is nobody has measured, and the step says so."""
    book = load_prices(base_url="https://api.openai.com/v1")
    verdict = decided(measured("few-shot", "gpt-4.1-mini"), book=book)
    (step,) = verdict.next_steps

    assert step.what == "model"
    assert "nobody has measured" in step.text
    assert step.worth_usd is not None
    assert 0 < step.worth_usd < 12 * 20_000 * 0.00036


def test_a_verdict_with_all_of_this_is_read_back_as_it_was() -> None:
    """Never, as infinity, is what JSON has no word for."""
    ladder = (
        measured("few-shot", "a", static_tokens=0),
        measured(
            "fine-tuned", "b", input_tokens=600, static_tokens=0, upfront_usd=900.0
        ),
    )
    verdict = decided(*ladder)

    assert verdict.payback is not None
    assert verdict.payback.months.high is None
    assert verdict.payback.p_never > 0.9
    assert from_json(to_json(verdict)) == verdict
    assert any("never in" in reason for reason in verdict.reasons)
    assert sum(o.p_cheapest for o in verdict.outlook) <= 1 + 1e-9


def test_the_verdict_says_who_takes_over_and_from_when() -> None:
    """The sentence nobody else prints: volume and price at which it turns."""
    verdict = decided(
        measured("few-shot", "a", static_tokens=0),
        measured(
            "fine-tuned", "b", input_tokens=200, static_tokens=0, upfront_usd=60.0
        ),
        about=brief(3000),
    )

    assert verdict.text.endswith(
        "Fine-tuned on b takes over from 10,000 requests a month, "
        "or if the input price of a rises above $2.67."
    )
