"""A fine-tune is paid for at most once, whatever the network does."""

from __future__ import annotations

import contextlib

import openai
import pytest
from tuning_parts import TRAINING, HurriedTime

from suffice.errors import (
    CallFailed,
    DataRejected,
    JobUnresolved,
    OverBudget,
    SpendingStopped,
    TrainingUnavailable,
)
from suffice.tuning.following import Terms, TuneSpec, TuningClient, submit
from suffice.tuning.ledger import Intent, Ledger

AFTER_ACCEPTANCE = [
    "drop",
    "hang",
    "cut",
    "after-408",
    "after-409",
    "after-429",
    "after-500",
    "after-503",
]


@pytest.mark.parametrize("fault", AFTER_ACCEPTANCE)
def test_a_job_whose_answer_was_lost_is_adopted(fault, api, client, ledger, spec, time):
    """The provider has accepted and will bill: a second job would be paid twice."""
    api.faults["POST jobs"] = [fault]

    job_id = submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock)

    assert (["ftjob-1"], "ftjob-1") == (list(api.jobs), job_id)


@pytest.mark.parametrize("fault", AFTER_ACCEPTANCE)
def test_the_sdk_as_it_comes_pays_more_than_once(fault, api):
    """The mutant: were these faults harmless, the test above would prove nothing."""
    api.faults["POST jobs"] = [fault] * 2
    n_runs = 2 if fault == "cut" else 1  # Its caller, not the SDK, asks again there.
    with openai.OpenAI(base_url=api.url, api_key="sk-test", timeout=1.0) as naive:
        for _ in range(n_runs):
            with contextlib.suppress(openai.APIError, ValueError):
                naive.fine_tuning.jobs.create(model="tiny", training_file="file-1")

    assert len(api.jobs) > 1


def test_a_lost_request_is_sent_again_only_after_the_settle_window(
    api, client, ledger, spec, time
):
    """Until then the job may be accepted and not listed yet."""
    api.faults["POST jobs"] = ["before-503"]
    begun = time.now()
    submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock)

    assert 1 == len(api.jobs)
    assert time.now() - begun >= client.settle_s


def test_submitting_again_costs_nothing(api, client, ledger, spec, time):
    """The second climb of an evening must not train again."""
    first = submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock)
    n_before = len(api.requests)
    again = submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock)

    assert (first, 0) == (again, len(api.requests) - n_before)


@pytest.mark.parametrize("keeps_metadata", [True, False])
@pytest.mark.parametrize("filters", [True, False])
def test_another_machine_adopts_the_job_from_the_provider_alone(
    keeps_metadata, filters, api, tmp_path, time
):
    """A ledger may be lost; compatible servers may ignore filter and metadata."""
    api.keeps_metadata = keeps_metadata
    api.ignores_metadata_filter = not filters
    api.add_job(metadata={"suffice_key": "another"}, status="running")
    client = TuningClient(api.url, "sk-test", timeout_s=1.0)
    spec = TuneSpec.of(TRAINING, None, base="gpt", endpoint_name=client.name)
    ids = [
        submit(
            spec,
            TRAINING,
            client=client,
            ledger=Ledger(tmp_path / f"{machine}.db"),
            clock=time.clock,
        )
        for machine in ("first", "second")
    ]

    client.close()

    assert ["ftjob-2", "ftjob-2"] == ids


def test_of_two_jobs_of_one_key_the_younger_is_cancelled(
    api, client, ledger, spec, time
):
    """Should a duplicate ever appear, it must not go on costing money."""
    marks = {"suffice_key": spec.key, "suffice_generation": "0"}
    for _ in range(2):
        api.add_job(metadata=marks, status="running", model="tiny")
    job_id = submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock)
    statuses = [job["status"] for job in api.jobs.values()]

    assert ("ftjob-1", ["running", "cancelled"]) == (job_id, statuses)


def test_a_provider_that_hides_its_jobs_is_not_sent_more_and_more(
    api, client, ledger, spec, time
):
    """The residual risk is bounded, and a person is asked."""
    api.hidden = True
    api.faults["POST jobs"] = ["before-500"] * 10
    with pytest.raises(JobUnresolved, match="neither answered nor lists it"):
        submit(
            spec,
            TRAINING,
            client=client,
            ledger=ledger,
            clock=time.clock,
            terms=Terms(attempts=2),
        )

    assert 2 == api.n_sent("POST jobs")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("refuse-403-training_not_available", TrainingUnavailable),
        ("refuse-401-invalid_api_key", TrainingUnavailable),
        ("refuse-404-model_not_found", TrainingUnavailable),
        ("redirect", TrainingUnavailable),
        ("refuse-400-invalid_training_file", DataRejected),
        ("refuse-429-insufficient_quota", SpendingStopped),
    ],
)
def test_a_refusal_says_what_kind_it_is_and_releases_the_money(
    fault, error, api, client, ledger, spec, time
):
    """The verdict goes on without the rung, and the budget is whole again."""
    api.faults["POST jobs"] = [fault]
    with pytest.raises(error):
        submit(
            spec,
            TRAINING,
            client=client,
            ledger=ledger,
            clock=time.clock,
            terms=Terms(reserve_usd=3.0, cap_usd=5.0),
        )

    assert (0.0, {}) == (ledger.committed_usd(), api.jobs)


def test_a_refused_job_can_be_submitted_once_the_reason_is_gone(
    api, client, ledger, spec, time
):
    """A quota is raised overnight; the next climb must not be told of yesterday."""
    api.faults["POST jobs"] = ["refuse-429-insufficient_quota"]
    with pytest.raises(SpendingStopped):
        submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock)

    assert "ftjob-1" == submit(
        spec, TRAINING, client=client, ledger=ledger, clock=time.clock
    )


def test_what_does_not_fit_into_the_budget_is_never_sent(
    api, client, ledger, spec, time
):
    """The budget is checked with the intent, before any request."""
    terms = Terms(reserve_usd=5.01, cap_usd=5.0)
    with pytest.raises(OverBudget, match=r"5\.0100"):
        submit(
            spec,
            TRAINING,
            client=client,
            ledger=ledger,
            clock=time.clock,
            terms=terms,
        )

    assert 0 == api.n_sent("POST jobs") + api.n_sent("POST files")


def test_a_provider_that_is_down_is_given_up_for_now(
    api, client, ledger, spec, time: HurriedTime
):
    """The climb goes on; the intent stays, and the next climb picks it up."""
    api.faults["GET jobs"] = ["before-503"] * 1000
    terms = Terms(patience_s=20.0)
    with pytest.raises(CallFailed):
        submit(
            spec, TRAINING, client=client, ledger=ledger, clock=time.clock, terms=terms
        )
    api.faults.clear()

    assert "ftjob-1" == submit(
        spec, TRAINING, client=client, ledger=ledger, clock=time.clock
    )


@pytest.mark.parametrize(("again", "expected"), [(False, 1), (True, 2)])
def test_a_failed_job_is_paid_for_again_only_when_asked(
    again, expected, api, client, ledger, spec, time
):
    """A job that fails for its data would fail, and cost, every night."""
    submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock)
    api.jobs["ftjob-1"]["status"] = "failed"
    submit(
        spec,
        TRAINING,
        client=client,
        ledger=ledger,
        clock=time.clock,
        terms=Terms(again=again),
    )

    assert expected == len(api.jobs)


@pytest.mark.parametrize(
    ("code", "n_jobs"), [("invalid_training_file", 1), ("server_error", 2)]
)
def test_files_that_were_found_bad_are_not_paid_for_again(
    code, n_jobs, api, client, ledger, spec, time
):
    """Luck may be better tomorrow; the same file is as bad as it was."""
    again = Terms(again=True)
    parts = {"client": client, "ledger": ledger, "clock": time.clock, "terms": again}
    submit(spec, TRAINING, **parts)
    why = {"code": code, "message": "line 3 has no answer", "param": None}
    api.jobs["ftjob-1"].update(status="failed", error=why)
    if code == "server_error":
        submit(spec, TRAINING, **parts)
    else:
        with pytest.raises(DataRejected, match=r"line 3.*correct the training"):
            submit(spec, TRAINING, **parts)

    assert n_jobs == len(api.jobs)


def test_a_cancelled_job_nobody_wrote_down_is_in_the_ledger_before_another_is_paid(
    api, client, ledger, spec, time
):
    """
    Its submitter was killed after the provider accepted it, then it was cancelled.

    Found by the state machine: what it may have cost would have been in no book.
    """
    intent = Intent(kind="job", provider="embedded", key=spec.key, pinned=spec.identity)
    ledger.begin(
        ledger.claim(ledger.intend(intent), owner="me|1|1|1", lease_s=1),
        owner="me|1|1|1",
        lease_s=1,
    )
    marks = {"suffice_key": spec.key, "suffice_generation": "0"}
    api.add_job(metadata=marks, status="cancelled")
    job_id = submit(
        spec,
        TRAINING,
        client=client,
        ledger=ledger,
        clock=time.clock,
        terms=Terms(again=True),
    )

    assert "ftjob-2" == job_id
    assert ["ftjob-1", "ftjob-2"] == [
        e.provider_id for e in ledger.rows(kind="job", key=spec.key)
    ]


def test_a_succeeded_job_is_never_paid_for_again(api, client, ledger, spec, time):
    """*again* is for jobs that gave nothing."""
    submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock)
    api.jobs["ftjob-1"]["status"] = "succeeded"
    submit(
        spec,
        TRAINING,
        client=client,
        ledger=ledger,
        clock=time.clock,
        terms=Terms(again=True),
    )

    assert 1 == len(api.jobs)
