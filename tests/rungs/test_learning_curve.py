"""
The learning curve of a climb, at a loopback endpoint whose models know more the more
examples they were trained on.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console
from rung_cases import PRICES, order, orders
from rung_endpoint import Endpoint
from tuned_steps import drawn

from suffice.app.cli_show import verdict as show_verdict
from suffice.brief import Endpoint as Address
from suffice.brief import Models, Tuning
from suffice.economics.explain import explain
from suffice.economics.own_prices import prices_of
from suffice.economics.verdict_io import to_markdown
from suffice.examples import Split
from suffice.results import Measured, Verdict
from suffice.stages import conclusions
from suffice.stages.climb import Climb, kept_measurements, spent_usd
from suffice.stages.learning_stage import Learned
from suffice.stages.measurements import measure_tuned
from suffice.stages.planning import plan
from suffice.stages.table import committed_usd
from suffice.stages.tune_stage import submit_tuning, upfront_usd
from suffice.stages.waiting_stage import Seat, follow_all
from suffice.workspace import Workspace

BIG = Split(train=orders(0, 80), dev=orders(1000, 60), test=orders(2000, 60))
SHARES = (0.25, 0.5)


def learns(served: list[Endpoint]) -> Any:
    """Right for as many of 100 numbers as it has seen examples; and 10 more."""

    def answer(request: Mapping[str, Any]) -> str:
        found = re.search(r"\d+", request["messages"][-1]["content"])
        made = request["model"].rpartition(":")[2]
        if found is None or not made.isdigit():
            return "unknown"
        number = int(found[0])
        job = served[0].jobs[int(made) - 1]
        files = {file["id"]: file["content"] for file in served[0].files}
        n_train = len(files[job["training_file"]].splitlines())
        known = number * 37 % 100 < n_train // 2 + 10
        return order(number).answer if known else "unknown"

    return answer


@pytest.fixture
def open_climb(serve: Any, climb_of: Any) -> Any:
    """Opens a climb with a learning curve at an endpoint that learns."""

    def start(**fields: Any) -> tuple[Climb, Endpoint]:
        served: list[Endpoint] = []
        served.append(serve(learns(served)))
        given: dict[str, Any] = {
            "split": BIG,
            "rungs": ("fine-tuned",),
            "bar": 0.9,
            "budget_usd": 100.0,
            "models": Models(
                endpoint=Address(base_url=served[0].url), base=("m",), tunable="m"
            ),
            "tuning": Tuning(learning_curve=SHARES, poll_s=0.01),
        }
        return climb_of(served[0], **(given | fields)), served[0]

    return start


def whole(climb: Climb) -> Measured:
    """The model tuned on everything, judged on test."""
    jobs = {"fine-tuned": submit_tuning(climb)}
    tuned = follow_all(climb, jobs, Seat()).model("fine-tuned")
    return measure_tuned(climb, tuned.model, upfront_usd(climb, tuned))


def decided(climb: Climb) -> Verdict:
    ladder = [whole(climb)]
    return conclusions.decide(climb, ladder, learned=drawn(climb, ladder))


# The brief.


def test_the_curve_ends_with_the_whole_and_leads_to_a_forecast(open_climb: Any) -> None:
    """What twice the examples would bring is the question it was drawn for."""
    climb, _ = open_climb(bar=0.7)
    verdict = decided(climb)
    points = verdict.learning_curve

    assert [20, 40, 80] == [p.n_train for p in points]
    assert [0.25, 0.5, 1.0] == [p.share for p in points]
    assert all(p.n == 60 and p.quality_low < p.quality < p.quality_high for p in points)
    assert points[0].quality < points[1].quality < points[2].quality
    (told,) = (r for r in verdict.reasons if r.startswith("Learning curve"))
    assert "twice the examples (160) would bring" in told
    (step,) = (s for s in verdict.next_steps if s.what == "training-examples")
    assert "80 more training examples" in step.text


def test_the_points_are_shown_as_a_table(open_climb: Any, tmp_path: Any) -> None:
    """A forecast is believed by those who see what it rests on."""
    climb, _ = open_climb()
    verdict = decided(climb)
    console = Console(file=io.StringIO(), width=100)
    show_verdict(console, Workspace(tmp_path / "out"), verdict.name)

    for point in verdict.learning_curve:
        assert f"{point.n_train} examples" in console.file.getvalue()
        assert f"| {point.n_train} | 60 | {point.quality:.3f}" in to_markdown(verdict)


def test_a_what_if_keeps_the_curve_and_reckons_with_the_new_bar(
    open_climb: Any,
) -> None:
    """The points stay what they are; the chance to reach the bar does not."""
    climb, _ = open_climb()
    verdict = decided(climb)
    book = prices_of(climb.brief)
    made = explain(
        verdict, ["bar=0.3"], brief=climb.brief, book=book, on=verdict.decided_on
    )

    assert verdict.learning_curve == made.learning_curve
    assert any("a chance of 100%" in reason for reason in made.reasons)


def test_the_models_of_the_parts_can_not_be_chosen(open_climb: Any) -> None:
    """They are no rung: no share of the error is theirs, and no question of test."""
    climb, endpoint = open_climb()
    verdict = decided(climb)
    tests = {e.question for e in BIG.test}
    parts = {p.model for p in verdict.learning_curve[:-1]}
    asked = [r for r in endpoint.asked["chat"] if r["model"] in parts]

    assert 1 == len(verdict.ladder) == len(kept_measurements(climb))
    assert len(asked) >= 2 * len(BIG.dev)
    assert not any(r["messages"][-1]["content"] in tests for r in asked)


def test_run_again_it_pays_for_nothing_twice(open_climb: Any) -> None:
    """Jobs are adopted and answers reused, as everywhere."""
    climb, endpoint = open_climb()
    first = decided(climb)
    made = len(endpoint.jobs), spent_usd(climb), committed_usd(climb)
    second = decided(climb)

    assert first.learning_curve == second.learning_curve
    assert made == (len(endpoint.jobs), spent_usd(climb), committed_usd(climb))
    assert 3 == len(endpoint.jobs)


def test_asking_for_a_curve_later_is_the_same_climb(open_climb: Any) -> None:
    """What has been measured stays paid for; only the parts are new."""
    climb, _ = open_climb()
    plain, _ = open_climb(models=climb.brief.models, tuning=Tuning(poll_s=0.01))
    other, _ = open_climb(
        models=climb.brief.models, tuning=Tuning(epochs=1, poll_s=0.01)
    )

    assert climb.id == plain.id
    assert climb.id != other.id


def test_without_a_tuned_model_there_is_no_curve(open_climb: Any) -> None:
    """Where a prompt was enough nothing is trained, and so nothing in parts."""
    climb, endpoint = open_climb()

    assert Learned() == drawn(climb, [])
    assert [] == endpoint.jobs


def test_a_part_that_the_budget_does_not_bear_is_a_warning(
    open_climb: Any, tmp_path: Any
) -> None:
    """The verdict does not hang on it, so the climb goes on without it."""
    climb, endpoint = open_climb()
    (tmp_path / "prices.toml").write_text(
        "".join(PRICES.format(model=m) for m in ("m", "ft:m")).replace(
            "training = 3.0", "training = 5000.0"
        )
    )
    ladder = [whole(climb)]
    left = {"budget_usd": committed_usd(climb) + 0.5}
    climb = replace(climb, brief=climb.brief.model_copy(update=left))
    verdict = conclusions.decide(climb, ladder, learned=drawn(climb, ladder))

    assert 1 == len(endpoint.jobs)
    assert [80] == [p.n_train for p in verdict.learning_curve]
    assert 2 == sum(w.startswith("Learning curve") for w in verdict.warnings)
    (told,) = (r for r in verdict.reasons if r.startswith("Learning curve"))
    assert "cannot be told" in told


def test_a_job_that_fails_leaves_the_other_points(open_climb: Any) -> None:
    """One bad job must not cost the answers of the others."""
    climb, endpoint = open_climb()
    ladder = [whole(climb)]

    def break_one() -> None:
        endpoint.jobs[1]["status"] = "failed"
        endpoint.jobs[1]["error"] = {"code": "x", "message": "no GPU left"}

    learned = drawn(climb, ladder, break_one)
    verdict = conclusions.decide(climb, ladder, learned=learned)

    assert [40, 80] == [p.n_train for p in verdict.learning_curve]
    assert any("20 examples" in w and "no GPU left" in w for w in verdict.warnings)


def test_the_plan_counts_the_parts(open_climb: Any) -> None:
    """What is not in the plan is not held against the budget."""
    with_curve, _ = open_climb(tuning=Tuning(epochs=3, learning_curve=SHARES))
    without, _ = open_climb(tuning=Tuning(epochs=3))
    (row,) = (r for r in plan(with_curve).rows if r.rung == "fine-tuned, in parts")
    (all_,) = (r for r in plan(without).rows if r.rung == "fine-tuned")

    assert 3 * len(BIG.dev) == row.n_calls
    assert row.trained_tokens == pytest.approx(0.75 * all_.trained_tokens)
