"""The verdict on disk and on a page."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest

from suffice.brief import Brief
from suffice.economics.decide import decide
from suffice.economics.prices import PriceBook
from suffice.economics.verdict_io import from_json, to_json, to_markdown
from suffice.errors import UnusableInput
from suffice.results import Measured, Verdict


@pytest.fixture
def verdict(
    seen: Callable[..., Measured],
    brief_of: Callable[..., Brief],
    book: PriceBook,
    on: date,
) -> Verdict:
    """A verdict with a failed and a passed rung, a flip point and a warning."""
    ladder = [
        seen("zero-shot", ruling="failed", quality=0.5, quality_low=0.4),
        seen(
            usd_per_request=0.00036,
            latency_p50_s=0.31,
            latency_p95_s=1.2,
            latency_p99_s=2.5,
            ttft_p50_s=0.12,
        ),
        seen("fine-tuned", "a|b", ruling="inconclusive", n_more=80),
    ]
    return decide(
        ladder,
        brief=brief_of(),
        book=book,
        on=on,
        climb_id="support-1",
        data_fingerprint="f" * 64,
        warnings=["3 near duplicates were dropped"],
    )


def test_a_verdict_survives_its_journey_through_json(verdict: Verdict) -> None:
    """What the re-check reads is what the climb decided."""
    assert from_json(to_json(verdict)) == verdict


def test_another_schema_is_refused(verdict: Verdict) -> None:
    """A file of a later version must not be half understood."""
    content = json.loads(to_json(verdict)) | {"schema": 2}

    with pytest.raises(UnusableInput, match="schema 2"):
        from_json(json.dumps(content))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"name": 3}'])
def test_what_is_no_verdict_is_refused_in_one_sentence(text: str) -> None:
    """A wrong path is the usual cause."""
    with pytest.raises(UnusableInput, match="no verdict"):
        from_json(text)


def test_the_markdown_shows_the_ladder_and_the_flip_points(verdict: Verdict) -> None:
    """One row a candidate, the chosen one marked, unknown prices called unknown."""
    text = to_markdown(verdict)

    assert (
        "| few-shot (chosen) | gpt-4.1-mini | 120 | 0.930 (0.880 to 0.970) "
        "| $0.36 | 0.31 / 1.20 / 2.50 | 0.12 | passed |" in text
    )
    assert "| a\\|b | 120 |" in text
    assert "inconclusive: 80 more examples" in text
    assert "- With a bar above 0.910 nothing is proved to suffice (now 0.9)." in text
    assert "3 near duplicates were dropped" in text
    assert "| unknown |" in text
