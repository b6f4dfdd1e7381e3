"""What if: other volumes, bars and prices on the stored measurements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from suffice.brief import Brief
from suffice.economics.decide import decide
from suffice.economics.explain import explain
from suffice.economics.prices import PriceBook
from suffice.errors import BadBrief
from suffice.results import Measured, Verdict


@pytest.fixture
def brief(brief_of: Callable[..., Brief]) -> Brief:
    """The article's volume."""
    return brief_of()


@pytest.fixture
def verdict(
    seen: Callable[..., Measured], brief: Brief, book: PriceBook, on: date
) -> Verdict:
    """gpt-6-luna few-shot stands against a tuned model that costs $6.90 and $50."""
    tuned = seen(
        "fine-tuned",
        "tinker/qwen3-8b",
        input_tokens=200,
        static_tokens=0,
        upfront_usd=50.0,
    )
    return decide(
        [seen(model="gpt-6-luna"), tuned],
        brief=brief,
        book=book,
        on=on,
        climb_id="support-1",
        data_fingerprint="f" * 64,
        non_inferior={tuned.candidate_key: True},
    )


def test_without_changes_the_verdict_is_the_same(
    verdict: Verdict, brief: Brief, book: PriceBook, on: date
) -> None:
    """The replay reads the same measurements by the same rules."""
    again = explain(verdict, [], brief=brief, book=book, on=on)

    assert (again.chosen, again.text) == (verdict.chosen, verdict.text)
    assert again.flip_points == verdict.flip_points


@pytest.mark.parametrize(
    ("change", "rung"),
    [
        ("requests_per_month=500000", "fine-tuned"),
        ("requests_per_month=100000", "few-shot"),
        ("gpt-6-luna.output=0.9", "fine-tuned"),
        ("gpt-6-luna.input=0.05", "few-shot"),
        ("horizon_months=36", "fine-tuned"),
        ("horizon_months=6", "few-shot"),
    ],
)
def test_a_change_shows_what_would_be_chosen(
    verdict: Verdict, brief: Brief, book: PriceBook, on: date, change: str, rung: str
) -> None:
    """$2.60 a month are saved at 100,000 requests, and $50 must come back."""
    assert explain(verdict, [change], brief=brief, book=book, on=on).rung == rung


def test_a_higher_bar_needs_proof(
    verdict: Verdict, brief: Brief, book: PriceBook, on: date
) -> None:
    """0.88 is proved: a bar of 0.95 is not met by anything that was measured."""
    high = explain(verdict, ["bar=0.95"], brief=brief, book=book, on=on)

    assert high.action == "nothing-suffices"


@pytest.mark.parametrize(
    "change",
    [
        "volume",
        "volume=9",
        "bar=2",
        "bar=x",
        "bar=-1",
        "bar=0",
        "gpt-6-luna.speed=1",
        "requests_per_month=0",
        "requests_per_month=nan",
        "=3",
    ],
)
def test_a_change_that_means_nothing_is_refused_by_name(
    verdict: Verdict, brief: Brief, book: PriceBook, on: date, change: str
) -> None:
    """A typo must not give an answer to another question."""
    with pytest.raises(BadBrief) as caught:
        explain(verdict, [change], brief=brief, book=book, on=on)

    assert change.split("=")[0] in str(caught.value)
