"""Which tuned model is judged: checkpoints, recipes and preferences, chosen on dev."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from rung_cases import SPLIT
from rung_endpoint import Endpoint
from tuned_steps import trained_for

from suffice.brief import Brief, Models, Tuning
from suffice.brief import Endpoint as Address
from suffice.errors import BadExamples
from suffice.stages.climb import kept_measurements
from suffice.stages.orders import hyperparameters
from suffice.stages.preference_stage import check_preferences
from suffice.stages.probing import probed
from suffice.stages.tuned_stage import measure_best


class Tuner(Endpoint):
    """Its models know the answers to a share of the questions; see `skill`."""

    def __init__(self, skill, failing=None):
        super().__init__(self._says)
        self.skill = skill
        self.failing = failing

    def _says(self, request):
        text = request["messages"][-1]["content"]
        number = int(re.search(r"\d+", text)[0]) if re.search(r"\d+", text) else 0
        thing = re.search(r"(car|door|lamp|chair|boat|cup|kite|bike|ring|rug)", text)
        knows = number % 10 < 10 * self.skill.get(request["model"], 0.0)
        return f"K-{thing[1]}" if thing and knows else "unknown"

    def books(self, path, given):
        if not path.partition("?")[0].endswith("/checkpoints"):
            found = super().books(path, given)
            if found.get("fine_tuned_model") == self.failing is not None:
                found |= {"status": "failed", "error": {"message": "it broke"}}
            return found
        number = int(path.split("/")[-2].rpartition("-")[2]) + 1
        listed = [
            {
                "id": f"ckpt-{step}",
                "object": "fine_tuning.job.checkpoint",
                "created_at": 1,
                "step_number": step,
                "fine_tuned_model_checkpoint": f"ft:m:test:orders:{number}{mark}",
                "fine_tuning_job_id": f"job-{number - 1}",
                "metrics": {"full_valid_loss": loss},
            }
            for step, mark, loss in (
                (40, "", 0.5),
                (30, ":ckpt-step-30", 0.4),
                (20, ":ckpt-step-20", 0.3),
                (10, ":ckpt-step-10", 0.2),
            )
        ]
        return {"object": "list", "data": listed, "has_more": False}


@pytest.fixture
def tuned_at(climb_of):
    """Measures the tuned rung at a tuner, as a climb does."""
    opened = []

    def measure(skill, failing=None, **tuning):
        tuner = Tuner(skill, failing)
        opened.append(tuner)
        models = Models(endpoint=Address(base_url=tuner.url), base=("m",), tunable="m")
        climb = climb_of(
            tuner, models=models, rungs=("fine-tuned",), tuning=Tuning(**tuning)
        )
        trained = trained_for(climb, "fine-tuned")
        return tuner, climb, measure_best(climb, "fine-tuned", trained)

    yield measure
    for tuner in opened:
        tuner.close()


ONE = "ft:m:test:orders:1"


def test_the_checkpoint_that_is_best_on_dev_is_judged_and_the_choice_is_told(tuned_at):
    """The last one has often learned the examples by heart."""
    skill = {ONE: 0.5, f"{ONE}:ckpt-step-30": 1.0, f"{ONE}:ckpt-step-20": 0.6}
    _, _, measured = tuned_at(skill)

    assert f"{ONE}:ckpt-step-30" == measured.model
    assert (1.0, 16) == (measured.dev_quality, measured.dev_n)
    assert "chosen by the scorer on 16 dev examples: step 30 of job 1 (1.00)" in (
        measured.note
    )
    assert "the tuned model (" in measured.note


def test_of_equals_the_tuned_model_itself_is_taken(tuned_at):
    """Nothing speaks for another name."""
    skill = {ONE: 1.0, f"{ONE}:ckpt-step-30": 1.0}
    _, _, measured = tuned_at(skill)

    assert ONE == measured.model


def test_the_one_of_least_loss_competes_beside_the_last(tuned_at):
    """An early epoch may be the best by far."""
    _, _, measured = tuned_at({f"{ONE}:ckpt-step-10": 1.0})

    assert f"{ONE}:ckpt-step-10" == measured.model


def test_one_checkpoint_means_no_choice_and_no_call(tuned_at):
    """Whoever wants the model as it comes gets it at no cost."""
    tuner, _, measured = tuned_at({ONE: 1.0}, checkpoints=1)

    assert (ONE, None, "") == (measured.model, measured.dev_quality, measured.note)
    asked = {r["messages"][-1]["content"] for r in tuner.asked["chat"]}
    dev = {e.messages[0]["content"] for e in SPLIT.dev}
    assert not asked & dev


def test_a_search_trains_each_recipe_once_and_takes_the_best_on_dev(tuned_at):
    """Each candidate is a paid job in the ledger; their cost is the tuned model's."""
    other = "ft:m:test:orders:2"
    tuner, climb, measured = tuned_at({other: 1.0}, search=2)
    again = measure_best(climb, "fine-tuned", trained_for(climb, "fine-tuned"))

    assert (other, other) == (measured.model, again.model)
    methods = [job["method"]["supervised"]["hyperparameters"] for job in tuner.jobs]
    first = {"n_epochs": 3}
    assert [first, {**first, "learning_rate_multiplier": 1.0}] == methods
    assert measured.upfront_usd == pytest.approx(2 * 1000 * 3.0 / 1e6)
    assert "job 2's model" in measured.note or "of job 2" in measured.note


def test_a_recipe_whose_job_fails_is_told_and_ends_nothing(tuned_at):
    """What was paid for already must still be judged."""
    _, _, measured = tuned_at({ONE: 1.0}, search=2, failing="ft:m:test:orders:2")

    assert ONE == measured.model
    assert "recipe 2 gave none" in measured.note
    assert "it broke" in measured.note


def preferences(tmp_path, questions):
    lines = [
        {
            "input": {
                "messages": [
                    {"role": "system", "content": "Longer instructions"},
                    {"role": "user", "content": question},
                ]
            },
            "preferred_output": [{"role": "assistant", "content": "K-car"}],
            "non_preferred_output": [{"role": "assistant", "content": "It is K-car"}],
        }
        for question in questions
    ]
    file = tmp_path / "preferences.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(file)


def test_preferences_are_learned_on_top_of_the_best_and_must_win_on_dev(
    tuned_at, tmp_path
):
    """A second job that makes the model worse is paid for, and not used."""
    asked = [f"A car, number {n}" for n in range(12)]
    asked.append(SPLIT.test[0].messages[0]["content"])
    file = preferences(tmp_path, asked)
    skill = {f"{ONE}:ckpt-step-30": 0.8, "ft:m:test:orders:2": 1.0}
    tuner, _, measured = tuned_at(skill, method="dpo", preferences=file, beta=0.2)
    job = tuner.jobs[1]
    content = next(f for f in tuner.files if f["id"] == job["training_file"])["content"]
    row = json.loads(content.splitlines()[0])

    assert "ft:m:test:orders:2" == measured.model
    assert f"{ONE}:ckpt-step-30" == job["model"]
    method = {"type": "dpo", "dpo": {"hyperparameters": {"n_epochs": 3, "beta": 0.2}}}
    assert method == job["method"]
    assert 12 == len(content.splitlines())
    told = [m["content"] for m in row["input"]["messages"] if m["role"] == "system"]
    assert ["orders"] == told


def test_bad_preferences_are_refused_by_the_gate_with_file_and_line(tmp_path):
    """Before anything is spent."""
    file = preferences(tmp_path, [f"A car, number {n}" for n in range(12)])
    with Path(file).open("a") as more:
        more.write('{"input": {}}\n')
    brief = Brief(
        name="orders",
        instructions="Answer",
        examples="none.jsonl",
        tuning=Tuning(method="dpo", preferences=file),
    )
    with pytest.raises(BadExamples, match=r"preferences\.jsonl.*Line 13 has no list"):
        check_preferences(brief)


def test_dpo_without_preferences_is_refused_and_the_other_way_round():
    """Either alone would silently do something else than was asked for."""
    for fields in ({"method": "dpo"}, {"preferences": "some.jsonl"}):
        with pytest.raises(ValueError, match="need each other"):
            Tuning(**fields)


def test_early_stopping_is_asked_of_our_own_trainer_alone():
    """Others refuse what they do not know; beside a vLLM it is ours that trains."""
    here = Brief(name="a", instructions="b", examples="c")
    asked = {}
    for provider in ("openai", "vllm"):
        address = Address(base_url="http://x/v1", provider=provider)
        models = Models(endpoint=address)
        there = here.model_copy(update={"models": models})
        asked[provider] = "early_stopping" in hyperparameters(there, 60)

    assert "early_stopping" in hyperparameters(here, 60)
    assert {"openai": False, "vllm": True} == asked


def test_a_tuned_model_that_passed_is_asked_the_probes_and_keeps_its_ruling(tuned_at):
    """What it lost is told beside the verdict, and paid for from the same budget."""
    tuner, climb, measured = tuned_at({ONE: 1.0}, checkpoints=1)
    stored = {m.candidate_key: m for m in kept_measurements(climb)}
    asked = [r["model"] for r in tuner.asked["chat"] if len(r["messages"]) == 2]

    assert ("passed", "m") == (measured.ruling, measured.forgetting.base)
    assert [40, 20] == [change.n for change in measured.forgetting.changes]
    assert measured == stored[measured.candidate_key]
    assert measured.forgetting.spent_usd > 0
    assert 60 == asked.count("m")
    assert measured == probed(climb, measured)


@pytest.mark.parametrize(("skill", "fields"), [(0.0, {}), (1.0, {"probes": False})])
def test_no_probes_where_nobody_wants_to_know(tuned_at, skill, fields):
    """A model that failed is not deployed; and they can be switched off."""
    tuner, _, measured = tuned_at({ONE: skill}, checkpoints=1, **fields)

    assert measured.forgetting is None
    assert "m" not in {r["model"] for r in tuner.asked["chat"]}
