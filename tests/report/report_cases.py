"""A verdict as a climb leaves it, with everything a report can show."""

from __future__ import annotations

from datetime import date
from typing import Any

from suffice.brief import Brief, Models, Usage
from suffice.economics.decide import decide
from suffice.economics.prices import PriceBook, load_prices
from suffice.examples import Example
from suffice.report.cost_view import costs_of
from suffice.report.money import Costs
from suffice.results import Measured, Outcome, Slice, Verdict

TODAY = date(2026, 11, 21)
BOOK: PriceBook = load_prices()
BRIEF = Brief(
    name="support",
    instructions="Answer with the label of the ticket.",
    examples="examples.jsonl",
    models=Models(base=("gpt-6-luna", "gpt-6-sol"), tunable="gpt-4.1-mini"),
    usage=Usage(requests_per_month=400_000),
)


def measured(rung: str, model: str, quality: float, **changes: Any) -> Measured:
    """One candidate, judged on 180 of 250 examples."""
    fields: dict[str, Any] = {
        "name": rung,
        "candidate_key": f"{rung}/{model}",
        "ruling": "passed" if quality >= 0.9 else "failed",
        "n": 180,
        "n_available": 250,
        "quality": quality,
        "quality_low": quality - 0.04,
        "quality_high": min(1.0, quality + 0.03),
        "usd_per_request": None,
        "input_tokens": 400,
        "static_tokens": 250,
        "output_tokens": 20,
        "latency_p50_s": 0.61,
        "latency_p95_s": 1.7,
        "latency_p99_s": 2.9,
        "n_calls": 190,
        "n_reused": 12,
        "spent_usd": 0.02,
    }
    return Measured(rung=rung, model=model, **(fields | changes))


LADDER = (
    measured("floor", "tf-idf", 0.61, usd_per_request=0.0, n_calls=0, n_reused=0),
    measured("zero-shot", "gpt-6-luna", 0.78, usd_per_request=5.2e-5),
    measured(
        "few-shot",
        "gpt-6-luna",
        0.93,
        name="few-shot, 16 examples, draw 2",
        usd_per_request=1.9e-4,
        input_tokens=1800,
        static_tokens=1650,
        slices=(
            Slice(
                tag="language",
                value="de",
                n=23,
                quality=0.826,
                quality_low=0.55,
                quality_high=0.96,
            ),
        ),
        note="3 draws of demonstrations: 0.90 to 0.94 on dev",
    ),
    measured("few-shot", "gpt-6-sol", 0.955, usd_per_request=3.8e-3, n_missing=2),
    measured(
        "fine-tuned",
        "ft:gpt-4.1-mini:acme:support:x",
        0.96,
        usd_per_request=2.4e-4,
        input_tokens=180,
        static_tokens=20,
        upfront_usd=60.0,
    ),
)


def verdict(**changes: Any) -> Verdict:
    """What is decided on that ladder on 2026-11-21."""
    fields: dict[str, Any] = {
        "brief": BRIEF,
        "book": BOOK,
        "on": TODAY,
        "climb_id": "support-1234567890",
        "data_fingerprint": "f" * 64,
        "non_inferior": {m.candidate_key: True for m in LADDER},
        "spent_usd": 0.0871,
        "elapsed_s": 142.0,
    }
    return decide(LADDER, **(fields | changes))


def examples(n: int) -> list[Example]:
    """Tickets, one of them hostile to whoever does not escape."""
    return [
        Example(
            id=f"e{i}",
            messages=(
                {
                    "role": "user",
                    "content": f"<script>alert({i})</script> Ticket {i}: my card was "
                    "charged twice and nobody answers the phone, please help.",
                },
            ),
            answer="billing",
        )
        for i in range(n)
    ]


def outcomes(n: int, *, wrong: int) -> list[Outcome]:
    """Answers to those, the first *wrong* of them wrong."""
    return [
        Outcome(
            example_id=f"e{i}",
            answer="delivery_problem" if i < wrong else "billing",
            score=0.0 if i < wrong else 1.0,
        )
        for i in range(n)
    ]


def costs(decided: Verdict) -> Costs | None:
    """What that verdict costs over time, and what that hangs on."""
    return costs_of(decided, BRIEF, BOOK)
