"""What providers do wrong, at each of them: nothing is paid twice, nothing is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from suffice.errors import (
    BaseRetired,
    CallFailed,
    DataRejected,
    JobUnresolved,
    ModelNotReady,
    QuotaExceeded,
    TrainingFailed,
    TrainingUnavailable,
)
from suffice.tuning.cancelling import cancel
from suffice.tuning.following import poll, wait
from suffice.tuning.patience import Patience


@pytest.mark.parametrize("fault", ["drop", "cut", "after-500", "after-429"])
def test_a_job_whose_answer_was_lost_is_adopted(fault, place):
    """The provider has accepted and will bill: a second job would be paid twice."""
    place.api.faults["POST jobs"] = [fault]
    place.submit()

    assert 1 == len(place.api.jobs)
    assert 1 == place.api.n_sent("POST jobs")


def test_whoever_waits_for_a_job_that_is_cancelled_is_told_so(place):
    """Fireworks deletes it: "no such job" is then no riddle for a person to solve."""
    job_id = place.submit()
    cancel(job_id, client=place.backend, ledger=place.ledger)

    with pytest.raises(TrainingFailed, match="cancelled"):
        wait(
            job_id,
            client=place.backend,
            ledger=place.ledger,
            clock=place.time.clock,
        )


@pytest.mark.parametrize("fault", ["before-503", "before-429"])
def test_a_request_that_never_arrived_is_sent_again_after_the_window(fault, place):
    """Until then it may have been accepted, and not be listed yet."""
    place.api.faults["POST jobs"] = [fault]
    begun = place.time.now()
    place.submit(settle_s=30.0)

    assert 1 == len(place.api.jobs)
    assert place.time.now() - begun >= 30.0


def test_a_list_that_lags_does_not_make_a_second_job(place):
    """Accepted, answer lost, and not in the list for the first looks."""
    place.api.faults["POST jobs"] = ["drop"]
    place.api.hidden = True
    slept = place.time.sleep

    def sleep(seconds):
        slept(seconds)
        place.api.hidden = len(place.time.slept) < 3

    place.time.sleep = sleep
    place.submit()

    assert 1 == len(place.api.jobs)


def test_a_provider_that_ignores_the_filter_is_searched_through(place):
    """Compatible servers list all jobs, whatever was asked for."""
    place.api.ignores_metadata_filter = True
    other = place.submit(replace(place.spec, seed=8))
    ours = place.submit()

    assert other != ours
    assert [ours] == [job.job_id for _, job in place.backend.find_jobs(place.spec)]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("refuse-403-training_not_available", TrainingUnavailable),
        ("refuse-401-invalid_api_key", TrainingUnavailable),
        ("refuse-404-model_not_found", TrainingUnavailable),
        ("refuse-400-model_deprecated", BaseRetired),
        ("refuse-400-invalid_training_file", DataRejected),
        ("refuse-429-insufficient_quota", QuotaExceeded),
        ("refuse-429-quotaExceeded", QuotaExceeded),
        ("refuse-402-", QuotaExceeded),
        ("redirect", TrainingUnavailable),
    ],
)
def test_a_refusal_is_named_and_holds_no_money(fault, error, place):
    """Each has another remedy; and what was surely not accepted costs nothing."""
    place.api.faults["POST jobs"] = [fault]
    with pytest.raises(error):
        place.submit(reserve_usd=1.0, cap_usd=1.0)
    (entry,) = place.ledger.rows(kind="job")

    assert ("refused", 0.0) == (entry.state, entry.reserved_usd)
    assert 1 == place.api.n_sent("POST jobs")


def test_a_status_nobody_has_heard_of_goes_on(place):
    """It was the end of the wait elsewhere, while the job went on and was billed."""
    job_id = place.submit()
    place.api.set_status(job_id, "paused")

    assert not place.backend.job(job_id).ended


def test_an_outage_while_polling_is_not_the_end(place):
    """Three errors in a row were taken for a lost job elsewhere."""
    job_id = place.submit()
    place.api.faults["GET job"] = ["before-503", "cut", "redirect"]
    seen = [poll(job_id, client=place.backend).status for _ in range(3)]

    assert ["unknown"] * 3 == seen
    assert poll(job_id, client=place.backend).status in (
        "queued",
        "pending",
        "running",
    )


def test_a_job_that_failed_gives_the_provider_s_reason(place):
    """The user must know whether to correct the data or to try again."""
    job_id = place.submit()
    place.api.fail(job_id)
    with pytest.raises((DataRejected, TrainingFailed), match="answer"):
        wait(job_id, client=place.backend, ledger=place.ledger)


def test_success_without_a_model_is_not_yet_success(place):
    """Elsewhere ``None`` became the name of the model."""
    job_id = place.submit()
    place.api.finish(job_id, named=False)
    with pytest.raises(ModelNotReady, match="does not answer"):
        wait(
            job_id,
            client=place.backend,
            ledger=place.ledger,
            patience=Patience(deadline_s=600),
            clock=place.time.clock,
        )
    (entry,) = place.ledger.rows(kind="job")

    assert "submitted" == entry.state


def test_a_model_that_is_not_found_just_after_is_waited_for(place):
    """A model often answers 404 for a minute after its job has ended."""
    job_id = place.submit()
    place.api.finish(job_id)
    for route in ("POST chat", "GET models", "GET model", "GET jobs"):
        place.api.faults[route] = ["before-404"]
    tuned = wait(
        job_id, client=place.backend, ledger=place.ledger, clock=place.time.clock
    )

    assert job_id == tuned.job_id


def test_a_job_the_key_cannot_see_asks_for_a_person(place):
    """Again and again "no such job" is no failure of the job: it may be running."""
    job_id = place.submit()
    place.api.jobs.clear()
    with pytest.raises(JobUnresolved, match="no job"):
        wait(job_id, client=place.backend, ledger=place.ledger, clock=place.time.clock)


def test_told_raises_where_nothing_is_answered(place):
    """No answer is neither yes nor no."""
    routes = ("GET models", "GET model", "GET job", "GET jobs")
    for route in routes:
        place.api.faults[route] = ["drop"] * 3

    with pytest.raises(CallFailed):
        place.backend.told(place.base)


def test_a_key_that_is_refused_is_told_as_refused(place):
    """The remedy is another key, not another base."""
    for route in ("GET models", "GET model", "GET job", "GET jobs"):
        place.api.faults[route] = ["refuse-401-invalid_api_key"] * 3
    told = place.backend.told(place.base)

    assert (False, False) == (told.key_accepted, told.may_train)
