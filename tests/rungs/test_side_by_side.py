"""Jobs that train side by side: submitted together, waited for once, none held."""

from __future__ import annotations

import pytest
from flow_briefs import examples as colours
from slow_endpoint import SlowEndpoint
from tuned_steps import trained_for

from suffice.brief import Endpoint as Address
from suffice.brief import Models, Tuning
from suffice.errors import JobUnresolved, TrainingFailed
from suffice.examples import Example, Split
from suffice.stages import cancel_stage, refining
from suffice.stages.climb import ledger_of
from suffice.stages.preference_stage import submit_preferences
from suffice.stages.waiting_stage import Ended, Later, Seat, follow_all
from suffice.tuning.ledger import Ledger


def parts(first, n):
    return tuple(
        Example(id=row["id"], messages=(row["messages"][0],), answer=answer)
        for row in colours(n, first=first)
        for answer in (row["messages"][1]["content"],)
    )


SPLIT = Split(train=parts(0, 40), dev=parts(1000, 16), test=parts(2000, 40))
TUNING = {"search": 3, "poll_s": 0.01, "checkpoints": 1, "probes": False}
NAMES = ("fine-tuned", "fine-tuned recipe 2", "fine-tuned recipe 3")


class Failing(SlowEndpoint):
    """Some of its jobs fail."""

    def __init__(self):
        super().__init__()
        self.failing = set()

    def _as_it_stands(self, job):
        if job["id"] in self.failing:
            error = {"code": "x", "message": "no GPU left"}
            return {**job, "status": "failed", "fine_tuned_model": None, "error": error}
        return super()._as_it_stands(job)


@pytest.fixture
def endpoint():
    endpoint = Failing()
    yield endpoint
    endpoint.close()


@pytest.fixture
def climb(endpoint, climb_of):
    return opened(endpoint, climb_of)


def opened(endpoint, climb_of, **tuning):
    models = Models(endpoint=Address(base_url=endpoint.url), base=("m",), tunable="m")
    return climb_of(
        endpoint,
        SPLIT,
        models=models,
        rungs=("fine-tuned",),
        tuning=Tuning(**{**TUNING, **tuning}),
    )


def jobs_in_ledger(climb):
    with Ledger(ledger_of(climb.brief)) as ledger:
        return {row.provider_id: row.state for row in ledger.rows(kind="job")}


def test_a_worker_that_is_wanted_leaves_all_of_them_training(endpoint, climb):
    """All are submitted before one is waited for, and none is forgotten."""
    ordered = refining.submit_recipes(climb, "fine-tuned")
    later = follow_all(climb, ordered.jobs, Seat(hold_s=0.0, run_id="run-1"))
    noted = cancel_stage.jobs_of_run(climb.workspace, "run-1")

    assert NAMES == tuple(ordered.jobs)
    assert isinstance(later, Later)
    assert ["job-0", "job-1", "job-2"] == [job.job_id for job in later.jobs]
    assert {"job-0", "job-1", "job-2"} == set(noted) == set(later.waited_s)


def test_the_next_worker_adopts_them_all(endpoint, climb):
    """Run again it submits nothing: three jobs, three models."""
    first = refining.submit_recipes(climb, "fine-tuned")
    follow_all(climb, first.jobs, Seat(hold_s=0.0))
    endpoint.end_jobs()
    again = refining.submit_recipes(climb, "fine-tuned")
    ended = follow_all(climb, again.jobs, Seat(hold_s=0.0))

    assert first == again
    assert isinstance(ended, Ended)
    assert NAMES == tuple(ended.models)
    assert 3 == len(endpoint.jobs)


def test_what_has_ended_is_booked_while_another_goes_on(endpoint, climb):
    """Money that is spent stands in the ledger, whoever is still waited for."""
    ordered = refining.submit_recipes(climb, "fine-tuned")
    endpoint.ended = {"job-2"}
    later = follow_all(climb, ordered.jobs, Seat(hold_s=0.0))

    assert ["job-0", "job-1"] == [job.job_id for job in later.jobs]
    assert {"job-0", "job-1"} == set(later.waited_s)
    states = {"job-0": "submitted", "job-1": "submitted", "job-2": "succeeded"}
    assert states == jobs_in_ledger(climb)


def test_the_first_that_fails_costs_nobody_the_models_of_the_others(endpoint, climb):
    """They were paid for at the same time."""
    endpoint.done, endpoint.failing = True, {"job-0"}
    trained = trained_for(climb, "fine-tuned")

    made = ["ft:m:test:orders:2", "ft:m:test:orders:3"]
    assert made == [job.model for job in trained.jobs]
    (note,) = trained.notes
    assert note.startswith("fine-tuned gave none")
    assert "no GPU left" in note


def test_where_none_gives_a_model_the_first_says_why(endpoint, climb):
    """The verdict is made without a tuned model, with that reason."""
    endpoint.failing = {"job-0", "job-1", "job-2"}

    with pytest.raises(TrainingFailed, match=r"job-0.*no GPU left"):
        trained_for(climb, "fine-tuned")


def test_the_deadline_holds_for_each_job_over_all_processes(endpoint, climb_of):
    """One that is over is not waited for anew by every later run."""
    climb = opened(endpoint, climb_of, deadline_s=3600)
    ordered = refining.submit_recipes(climb, "fine-tuned")
    seat = Seat(hold_s=0.0, waited_s={"job-0": 3600.0, "job-1": 10.0})
    later = follow_all(climb, ordered.jobs, seat)
    endpoint.ended = {"job-1", "job-2"}
    ended = follow_all(climb, ordered.jobs, Seat(hold_s=0.0, waited_s=later.waited_s))

    assert ["job-1", "job-2"] == [job.job_id for job in later.jobs]
    assert later.waited_s["job-0"] >= 3600
    assert 10 <= later.waited_s["job-1"] < 3600
    assert list(NAMES[1:]) == list(ended.models)
    assert JobUnresolved is type(ended.errors["fine-tuned"])


def test_preferences_are_learned_once_whatever_is_best_by_then(
    endpoint, climb_of, tmp_path
):
    """Another base would be another paid job; the first one stays."""
    question = '{"role": "user", "content": "A red one?"}'
    line = (
        f'{{"input": {{"messages": [{question}]}}, '
        '"preferred_output": [{"role": "assistant", "content": "K-R"}], '
        '"non_preferred_output": [{"role": "assistant", "content": "Red"}]}\n'
    )
    file = tmp_path / "preferences.jsonl"
    file.write_text(12 * line)
    climb = opened(endpoint, climb_of, method="dpo", preferences=str(file))
    jobs = [submit_preferences(climb, best) for best in ("ft:m:a:b:1", "ft:m:a:b:2")]

    assert ["job-0", "job-0"] == jobs
    assert ["ft:m:a:b:1"] == [job["model"] for job in endpoint.jobs]
