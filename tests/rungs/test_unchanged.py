"""A search for a better prompt that finds none does not judge the old one again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rung_cases import SPLIT, order

from suffice.stages.climb import kept_outcomes
from suffice.stages.measurements import measure_rung
from suffice.stages.shards import choose, waves

TESTED = {e.question for e in SPLIT.test}


def half_right(request: Mapping[str, Any]) -> str:
    """Whatever the instructions are: only the words of the question count."""
    text = request["messages"][-1]["content"]
    number = int("".join(c for c in text if c.isdigit()))
    return order(number).answer if number % 2 else "unknown"


def on_test(endpoint: Any) -> int:
    asked = [r["messages"][-1]["content"] for r in endpoint.asked["chat"]]
    return sum(question in TESTED for question in asked)


def test_the_result_of_the_same_prompt_stands(serve: Any, climb_of: Any) -> None:
    """A second look at another share of the error would be a second try."""
    endpoint = serve(half_right)
    climb = climb_of(endpoint, rungs=("zero-shot", "optimised-prompt"))
    first = measure_rung(climb, "zero-shot", "m")
    n_before = on_test(endpoint)
    again = measure_rung(climb, "optimised-prompt", "m")

    assert n_before == on_test(endpoint) > 0
    assert (first.ruling, first.n, first.quality) == (
        again.ruling,
        again.n,
        again.quality,
    )
    assert "the result of zero-shot stands" in again.note
    assert kept_outcomes(climb, first.candidate_key) == kept_outcomes(
        climb, again.candidate_key
    )


def test_what_the_search_itself_took_is_counted(serve: Any, climb_of: Any) -> None:
    """It was paid for, though it changed nothing."""
    climb = climb_of(serve(half_right), rungs=("zero-shot", "optimised-prompt"))
    measure_rung(climb, "zero-shot", "m")
    again = measure_rung(climb, "optimised-prompt", "m")

    assert again.n_calls > 0
    assert again.spent_usd > 0


def test_no_wave_of_tasks_asks_it_again(serve: Any, climb_of: Any) -> None:
    """Nor do many tasks at once."""
    climb = climb_of(
        serve(half_right),
        rungs=("zero-shot", "optimised-prompt"),
        examples_per_task=10,
    )
    measure_rung(climb, "zero-shot", "m")

    assert [] == list(waves(climb, choose(climb, "optimised-prompt", "m")))


def test_a_search_that_begins_with_nothing_measured_is_judged(
    serve: Any, climb_of: Any
) -> None:
    """Where no rung below was climbed, there is no result that could stand."""
    endpoint = serve(half_right)
    climb = climb_of(endpoint, rungs=("optimised-prompt",))
    measured = measure_rung(climb, "optimised-prompt", "m")

    assert on_test(endpoint) >= measured.n > 0
    assert "stands" not in measured.note
