"""The verdict: the cheapest that is proved, and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from deciding import verdict_on

from suffice.brief import Brief
from suffice.economics.prices import PriceBook
from suffice.results import Measured

Seen = Callable[..., Measured]
Briefs = Callable[..., Brief]


def test_the_cheapest_that_passed_is_chosen(
    seen: Seen, brief_of: Briefs, book: PriceBook
) -> None:
    """gpt-6-luna does the same for a quarter of the money."""
    ladder = [seen(model="gpt-4.1-mini"), seen(model="gpt-6-luna")]
    verdict = verdict_on(ladder, brief_of(), book)

    assert (verdict.action, verdict.model) == ("run", "gpt-6-luna")


def test_a_cheap_candidate_that_failed_is_never_chosen(
    seen: Seen, brief_of: Briefs, book: PriceBook
) -> None:
    """Money does not make up for quality."""
    ladder = [seen(model="gpt-6-luna", ruling="failed"), seen(model="gpt-4.1-mini")]

    assert verdict_on(ladder, brief_of(), book).model == "gpt-4.1-mini"


def test_of_equally_dear_candidates_the_earlier_rung_is_chosen(
    seen: Seen, brief_of: Briefs, book: PriceBook
) -> None:
    """Nobody maintains demonstrations for nothing."""
    ladder = [seen("few-shot"), seen("zero-shot")]

    assert verdict_on(ladder, brief_of(), book).rung == "zero-shot"


def test_when_only_tuning_passed_the_motive_is_quality(
    seen: Seen, brief_of: Briefs, book: PriceBook
) -> None:
    """There is no incumbent to be compared with."""
    failed = seen(ruling="failed", quality=0.5, quality_low=0.4, quality_high=0.6)
    tuned = seen("fine-tuned", "ft:gpt-4.1-mini", upfront_usd=5)
    verdict = verdict_on([failed, tuned], brief_of(), book)

    assert (verdict.rung, verdict.motive) == ("fine-tuned", "quality")
    assert verdict.shutdown_on == date(2027, 1, 14)


def test_the_floor_that_passes_means_that_no_llm_is_needed(
    seen: Seen, brief_of: Briefs, book: PriceBook
) -> None:
    """Nothing is cheaper than nothing, and the verdict says so."""
    floor = seen("floor", "logistic regression", usd_per_request=0.0)
    verdict = verdict_on([floor, seen()], brief_of(), book)

    assert verdict.rung == "floor"
    assert verdict.text.startswith("You do not need an LLM: run logistic regression:")


def test_a_tuned_model_needs_to_be_as_good_as_the_prompt_it_replaces(
    seen: Seen, brief_of: Briefs, book: PriceBook
) -> None:
    """Passing the bar is not enough where something better is running."""
    tuned = seen("fine-tuned", "tinker/qwen3-8b", input_tokens=200, static_tokens=0)
    ladder = [seen(), tuned]
    silent = verdict_on(ladder, brief_of(), book)
    shown = verdict_on(
        ladder, brief_of(), book, non_inferior={tuned.candidate_key: True}
    )

    assert silent.rung == "few-shot"
    assert (shown.rung, shown.motive) == ("fine-tuned", "cost")


def test_a_500_dollar_tune_that_dies_in_54_days_is_refused(
    seen: Seen, brief_of: Briefs, book: PriceBook
) -> None:
    """It would save $4 a month, and 2027-01-14 is near."""
    tuned = seen(
        "fine-tuned",
        "ft:gpt-4.1-mini",
        input_tokens=200,
        static_tokens=0,
        upfront_usd=500,
    )
    ladder = [seen(), tuned]
    verdict = verdict_on(
        ladder, brief_of(), book, non_inferior={tuned.candidate_key: True}
    )

    assert verdict.rung == "few-shot"


def test_a_model_that_was_switched_off_is_not_chosen(
    seen: Seen, brief_of: Briefs, book: PriceBook
) -> None:
    """gpt-4.1-nano ended on 2026-10-23."""
    verdict = verdict_on([seen(model="gpt-4.1-nano")], brief_of(), book)

    assert (verdict.action, verdict.chosen) == ("nothing-suffices", None)
    assert "switched off" in verdict.reasons[0]


def test_nothing_suffices_when_all_failed(
    seen: Seen, brief_of: Briefs, book: PriceBook
) -> None:
    """The best of what failed is named, with its interval."""
    failed = seen(ruling="failed", quality=0.5, quality_low=0.4, quality_high=0.6)
    verdict = verdict_on([failed], brief_of(), book)

    assert verdict.action == "nothing-suffices"
    assert "0.50 (0.40 to 0.60, n = 120 of 120)" in verdict.text


def test_an_undecided_candidate_asks_for_so_many_more_examples(
    seen: Seen, brief_of: Briefs, book: PriceBook
) -> None:
    """The smallest number that would settle something is given."""
    near = seen(ruling="inconclusive", n_more=80)
    far = seen("zero-shot", ruling="inconclusive", n_more=400)
    verdict = verdict_on([far, near], brief_of(), book)

    assert verdict.action == "need-more-examples"
    assert "80 more test examples" in verdict.text


def test_where_more_examples_would_not_settle_it_nobody_is_sent_for_them(
    seen: Seen, brief_of: Briefs, book: PriceBook
) -> None:
    """Below the bar and not ruled out: labelling a thousand more would be in vain."""
    low = seen(ruling="inconclusive", quality=0.7, n_more=None)
    text = verdict_on([low], brief_of(), book).text

    assert "too little to prove the bar" in text
    assert "would settle it" not in text


def test_nothing_measured_is_no_recommendation(
    brief_of: Briefs, book: PriceBook
) -> None:
    """An empty ladder happens when every rung was ruled out."""
    assert verdict_on([], brief_of(), book).action == "nothing-suffices"


def test_a_candidate_of_unknown_price_loses_to_one_of_known_price(
    seen: Seen, brief_of: Briefs, book: PriceBook
) -> None:
    """Unknown is not free; the verdict says that it could not compare."""
    ladder = [seen("zero-shot", "no-such-model"), seen()]
    verdict = verdict_on(ladder, brief_of(), book)

    assert verdict.model == "gpt-4.1-mini"
    assert "could not be compared" in verdict.reasons[0]


def test_the_only_candidate_runs_though_its_price_is_unknown(
    seen: Seen, brief_of: Briefs, book: PriceBook
) -> None:
    """What is proved good enough can be run; what it costs is said to be unknown."""
    verdict = verdict_on([seen(model="no-such-model")], brief_of(), book)

    assert verdict.action == "run"
    assert "unknown" in verdict.text


def test_every_number_of_the_text_comes_from_the_measurements(
    seen: Seen, brief_of: Briefs, book: PriceBook
) -> None:
    """The verdict as a person reads it."""
    failed = seen(
        "few-shot",
        ruling="failed",
        quality=0.12,
        quality_low=0.07,
        quality_high=0.19,
        n=60,
    )
    tuned = seen("fine-tuned", "ft:gpt-4.1-mini", input_tokens=200, static_tokens=0)
    verdict = verdict_on([failed, tuned], brief_of(), book)

    assert verdict.text == (
        "Fine-tune gpt-4.1-mini: quality 0.93 (0.88 to 0.97, n = 120 of 120), proved "
        "against the bar of 0.9 (margin 0.03). Nothing before it passed: the best, "
        "few-shot on gpt-4.1-mini, reached 0.12 (0.07 to 0.19, n = 60 of 120, stopped "
        "early). "
        "At 100,000 requests a month it costs $32.00 a month; "
        "its model is switched off in 1.77 months."
    )
