"""A job is followed to its own end, whatever polling meets on the way."""

from __future__ import annotations

import json

import pytest
from tuning_parts import TRAINING

from suffice.errors import DataRejected, JobUnresolved, TrainingFailed
from suffice.journal import Journal
from suffice.tuning.following import (
    Patience,
    Terms,
    TuningClient,
    cancel,
    poll,
    submit,
    wait,
)

DONE = {
    "status": "succeeded",
    "fine_tuned_model": "ft:tiny:suffice:support:1",
    "trained_tokens": 1200,
    "cpu_s": 3.5,
    "finished_at": 1_700_000_061,
}


@pytest.fixture
def job_id(api, client, ledger, spec, time):
    return submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock)


def test_a_job_that_succeeds_gives_its_model(api, client, ledger, time, job_id):
    """The whole point; cost and time are the provider's own numbers."""
    api.script = [{"status": "running"}, DONE]
    tuned = wait(job_id, client=client, ledger=ledger, clock=time.clock)

    assert "ft:tiny:suffice:support:1" == tuned.model
    assert ("tiny", 1200, 3.5, 60) == (
        tuned.base,
        tuned.trained_tokens,
        tuned.cpu_s,
        tuned.train_s,
    )


@pytest.mark.parametrize(
    "faults",
    [
        ["before-503"] * 3,
        ["drop"] * 3,
        ["before-429", "before-500", "cut"],
        ["refuse-401-invalid_api_key", "refuse-403-forbidden"],
        ["refuse-404-no_such_job"] * 5,
    ],
)
def test_an_error_while_polling_does_not_end_a_paid_job(
    faults, api, client, ledger, time, job_id
):
    """Three 503s in a row make other tools give up, while the job runs on."""
    api.faults["GET job"] = faults
    api.script = [{"status": "running"}, DONE]
    tuned = wait(job_id, client=client, ledger=ledger, clock=time.clock)

    assert "ft:tiny:suffice:support:1" == tuned.model


def test_an_outage_of_hours_costs_few_looks(api, client, ledger, time, job_id):
    """A provider that is down needs no help in staying down."""
    far = TuningClient(api.url, "sk-test", timeout_s=1.0)
    api.script = [DONE]
    n_down = 30
    api.faults["GET job"] = ["before-503"] * n_down
    begun = time.now()
    wait(job_id, client=far, ledger=ledger, clock=time.clock)
    far.close()

    assert time.now() - begun > 3600
    assert n_down + 1 == api.n_sent("GET job")


def test_a_status_nobody_knows_is_waited_through(api, client, ledger, time, job_id):
    """Providers have statuses that their own types leave out."""
    api.script = [{"status": "paused"}, {"status": "pausing"}, DONE]
    tuned = wait(job_id, client=client, ledger=ledger, clock=time.clock)

    assert "ft:tiny:suffice:support:1" == tuned.model


def test_a_success_without_a_model_is_not_one_yet(api, client, ledger, time, job_id):
    """The model's name may come after the status."""
    api.script = [{**DONE, "fine_tuned_model": None}, DONE]
    tuned = wait(job_id, client=client, ledger=ledger, clock=time.clock)

    assert "ft:tiny:suffice:support:1" == tuned.model


def test_a_model_that_does_not_answer_is_waited_for(api, client, ledger, time, job_id):
    """It is often not loaded yet when the job says it is done."""
    api.script = [DONE]
    api.faults["POST chat"] = ["refuse-404-model_not_found", "before-503"]
    wait(job_id, client=client, ledger=ledger, clock=time.clock)

    assert 3 == api.n_sent("POST chat")


def test_a_model_that_never_comes_is_reported_and_can_be_waited_for_again(
    api, client, ledger, time, job_id
):
    """The job is paid for: nothing may be submitted in its place."""
    api.script = [{**DONE, "fine_tuned_model": None}]
    with pytest.raises(JobUnresolved, match="does not answer"):
        wait(
            job_id,
            client=client,
            ledger=ledger,
            patience=Patience(deadline_s=60),
            clock=time.clock,
        )
    api.script = [DONE]

    assert wait(job_id, client=client, ledger=ledger, clock=time.clock).model
    assert 1 == len(api.jobs)


@pytest.mark.parametrize(
    ("code", "error"),
    [("server_error", TrainingFailed), ("invalid_training_file", DataRejected)],
)
def test_a_failed_job_says_why(code, error, api, client, ledger, time, job_id):
    """The reason decides whether data or luck is to blame."""
    why = {"code": code, "message": "line 3 has no assistant", "param": None}
    api.script = [{"status": "failed", "error": why}]
    with pytest.raises(error, match="line 3 has no assistant"):
        wait(job_id, client=client, ledger=ledger, clock=time.clock)

    assert ["failed"] == [row.state for row in ledger.rows(kind="job")]


def test_a_job_that_takes_too_long_is_left_alone(api, client, ledger, time, job_id):
    """Stalled is reported, not declared failed; the next run goes on waiting."""
    with pytest.raises(JobUnresolved, match="after 60 s"):
        wait(
            job_id,
            client=client,
            ledger=ledger,
            patience=Patience(deadline_s=60),
            clock=time.clock,
        )
    api.script = [DONE]

    assert wait(job_id, client=client, ledger=ledger, clock=time.clock).model
    assert 0 == api.n_sent("POST cancel")


def test_a_job_the_provider_denies_again_and_again_needs_a_person(
    api, client, ledger, time, job_id
):
    """The wrong account's key would otherwise be polled for ever."""
    api.jobs.clear()

    with pytest.raises(JobUnresolved, match="no job ftjob-1"):
        wait(
            job_id,
            client=client,
            ledger=ledger,
            patience=Patience(poll_s=60.0),
            clock=time.clock,
        )


def test_a_gateway_that_says_not_found_for_minutes_is_waited_through(
    api, client, ledger, time, job_id
):
    """Looks are seconds apart here: so many of them are no proof by themselves."""
    api.faults["GET job"] = ["refuse-404-no_such_job"] * 60
    api.script = [DONE]

    assert wait(job_id, client=client, ledger=ledger, clock=time.clock).model


def test_the_looks_become_rarer_up_to_a_bound(api, ledger, time, job_id):
    """Seconds at first, at most minutes: cheap over days, quick for minutes."""
    far = TuningClient(api.url, "sk-test")
    api.script = [{"status": "running"}] * 40 + [DONE]
    time.slept.clear()
    wait(job_id, client=far, ledger=ledger, clock=time.clock)
    far.close()

    assert 1.6 <= time.slept[0] <= 2.4
    assert 96 <= time.slept[-1] <= 144


def test_progress_reaches_the_journal_once_each(
    api, client, ledger, time, job_id, tmp_path
):
    """Whoever watches sees steps and losses, from whatever process."""
    api.script = [{"status": "running"}, {}, DONE]
    api.events[job_id] = [
        {
            "id": f"ev-{step}",
            "object": "fine_tuning.job.event",
            "created_at": step,
            "level": "info",
            "message": f"step {step}",
            "type": "metrics",
            "data": {"step": step, "total_steps": 2, "train_loss": 1 / step},
        }
        for step in (1, 2)
    ]
    journal = Journal(tmp_path / "journal.jsonl")
    wait(job_id, client=client, ledger=ledger, journal=journal, clock=time.clock)
    rows = [json.loads(line) for line in journal.path.read_text().splitlines()]

    assert [(1, 2, 1.0), (2, 2, 0.5)] == [
        (r["done"], r["total"], r["loss"]) for r in rows if r["event"] == "progress"
    ]


@pytest.mark.parametrize(("usd", "spent"), [(0.25, 0.25), (None, 4.0)])
def test_the_ledger_holds_what_it_cost_or_the_most_it_could(
    usd, spent, api, client, ledger, time, spec
):
    """Without a price the reservation stands: never less than what may be billed."""
    job_id = submit(
        spec,
        TRAINING,
        client=client,
        ledger=ledger,
        clock=time.clock,
        terms=Terms(climb_id="c", reserve_usd=4.0),
    )
    api.script = [DONE]
    tuned = wait(
        job_id,
        client=client,
        ledger=ledger,
        cost_usd=lambda _: usd,
        clock=time.clock,
    )

    assert (usd, spent) == (tuned.upfront_usd, ledger.spent_usd(climb_id="c"))
    assert spent == ledger.committed_usd(climb_id="c")


def test_a_cancelled_job_is_settled(api, client, ledger, job_id):
    """Its reservation must not block the budget for ever."""
    state = cancel(job_id, client=client, ledger=ledger)

    assert ("cancelled", "cancelled") == (
        state.status,
        ledger.rows(kind="job")[0].state,
    )


def test_a_server_that_came_back_elsewhere_is_found(api, ledger, time, job_id):
    """The embedded server may be restarted on another port while it trains."""
    addresses = iter(["http://127.0.0.1:9/v1", api.url, api.url])
    moved = TuningClient(lambda: next(addresses), "none", embedded=True, timeout_s=1.0)
    api.script = [DONE]
    tuned = wait(job_id, client=moved, ledger=ledger, clock=time.clock)
    moved.close()

    assert "ft:tiny:suffice:support:1" == tuned.model


def test_polling_never_raises(api, client, job_id):
    """A look that fails is an answer as well: nobody knows."""
    api.faults["GET job"] = ["drop"]
    state = poll(job_id, client=client)

    assert ("unknown", False, True) == (state.status, state.ended, bool(state.note))


def test_a_model_the_ledger_knows_is_not_asked_for_again(
    api, client, ledger, time, job_id
):
    """A climb that runs again finishes in seconds and starts no server."""
    api.script = [DONE]
    first = wait(job_id, client=client, ledger=ledger, clock=time.clock)
    n_before = len(api.requests)
    again = wait(job_id, client=client, ledger=ledger, clock=time.clock)

    assert (first, 0) == (again, len(api.requests) - n_before)
