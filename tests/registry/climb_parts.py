"""The parts of a small climb, as the registry gets them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from verdicts import verdict_on

from suffice.candidates import Candidate, Demonstration
from suffice.examples import Example, Split
from suffice.results import Completion, Measured, Outcome, Verdict

FEW_SHOT = Candidate(
    rung="few-shot",
    name="few-shot, 1 example, draw 1",
    model="tiny",
    system="Echo as JSON.",
    demonstrations=(
        Demonstration(
            messages=({"role": "user", "content": "Hello"},), answer='{"echo": "Hello"}'
        ),
    ),
    answer_rule="json",
)
FLOOR = Candidate(rung="floor", name="majority", model="majority")


def example(number: int, answer: str = "yes") -> Example:
    question = {"role": "user", "content": f"Question {number}"}
    return Example(id=f"e{number}", messages=(question,), answer=answer)


def split() -> Split:
    numbers = [example(n) for n in range(9)]
    return Split(
        train=tuple(numbers[:4]), dev=tuple(numbers[4:6]), test=tuple(numbers[6:])
    )


def measured(candidate: Candidate, **changed: object) -> Measured:
    base = Measured(
        rung=candidate.rung,
        name=candidate.name,
        model=candidate.model,
        candidate_key=candidate.key,
        ruling="passed",
        n=3,
        n_available=3,
        quality=0.9,
        quality_low=0.8,
        quality_high=0.95,
        usd_per_request=0.0002,
        latency_p50_s=0.5,
        latency_p95_s=0.9,
    )
    return replace(base, **changed)  # type: ignore[arg-type]


def outcomes(n: int = 3) -> tuple[Outcome, ...]:
    reply = Completion(
        text="Sure! {}",
        model="tiny",
        finish_reason="stop",
        input_tokens=3,
        output_tokens=2,
        latency_s=0.5,
    )
    rows = [
        Outcome(example_id=f"e{i}", answer="{}", score=1.0, completion=reply)
        for i in range(n - 1)
    ]
    missing = Outcome(example_id="lost", answer=None, score=None, reason="no answer")
    return (*rows, missing)


def verdict(candidate: Candidate, climb_id: str = "support-1") -> Verdict:
    return verdict_on(
        measured(candidate),
        climb_id=climb_id,
        reasons=("It passed.",),
        bar=0.8,
        prices_on=date(2026, 11, 20),
        shutdown_on=date(2027, 1, 14),
    )
