"""``suffice cancel``: what this brief has running is ended, or said to go on."""

from __future__ import annotations

import pytest
from tuning_parts import TRAINING

from suffice.brief import Brief
from suffice.errors import CallFailed
from suffice.stages.cancel_stage import cancel_open_jobs
from suffice.tuning.following import Terms, TuneSpec, TuningClient, submit
from suffice.tuning.ledger import Ledger

TERMS = Terms(climb_id="support-0a1b2c3d", reserve_usd=1.0, patience_s=0.0)


@pytest.fixture
def brief(api, tmp_path):
    endpoint = {"base_url": api.url}
    models = {"endpoint": endpoint, "base": ["m"], "tunable": "m"}
    told = {"name": "support", "instructions": "b", "examples": "c", "models": models}
    return Brief.model_validate({**told, "output": str(tmp_path)})


@pytest.fixture
def books(tmp_path):
    with Ledger(tmp_path / "ledger.db") as ledger:
        yield ledger


@pytest.fixture
def sent(api, books, time):
    """Submits a job as a climb of the brief does."""
    client = TuningClient(api.url, "sk-test", timeout_s=1.0)

    def submitted(**changed):
        fields = {"base": "m", "endpoint_name": client.name, **changed}
        spec = TuneSpec.of(TRAINING, None, **fields)
        parts = {"client": client, "ledger": books, "terms": TERMS}
        return submit(spec, TRAINING, **parts, clock=time.clock)

    yield submitted
    client.close()


def statuses(api):
    return [job["status"] for job in api.jobs.values()]


def test_a_running_job_of_the_brief_is_cancelled(api, brief, books, sent):
    """It costs money while it runs; the ledger and the provider agree then."""
    sent()
    (wish,) = cancel_open_jobs(brief)

    assert ("ftjob-1 is cancelled.", True) == (wish.text, wish.granted)
    assert ["cancelled"] == statuses(api)
    assert {
        ("job", "cancelled", TERMS.climb_id),
        ("cancel", "succeeded", TERMS.climb_id),
    } == {(e.kind, e.state, e.climb_id) for e in books.rows() if e.kind != "upload"}


def test_a_job_whose_answer_was_lost_is_found_and_cancelled(api, brief, books, sent):
    """The provider has accepted it and bills it: "none is running" would be wrong."""
    api.faults["POST jobs"] = ["drop"]
    with pytest.raises(CallFailed):
        sent()
    (wish,) = cancel_open_jobs(brief)

    assert ("ftjob-1 is cancelled.", ["cancelled"]) == (wish.text, statuses(api))
    assert "cancelled" == books.rows(kind="job")[0].state


def test_one_that_is_not_listed_yet_is_not_called_cancelled(api, brief, sent):
    """It may appear: whoever wants it ended has to ask once more."""
    api.faults["POST jobs"] = ["drop"]
    with pytest.raises(CallFailed):
        sent()
    api.hidden = True
    (wish,) = cancel_open_jobs(brief)

    assert not wish.granted
    assert "cancel again" in wish.text


def test_a_job_at_another_endpoint_is_told_and_left_alone(api, brief, books, sent):
    """The brief's endpoint was edited since; its key belongs to another account."""
    sent(endpoint_name="api.openai.com")
    (wish,) = cancel_open_jobs(brief)

    assert not wish.granted
    assert "it was sent to api.openai.com" in wish.text
    assert (0, ["queued"]) == (api.n_sent("POST cancel"), statuses(api))


def test_what_has_ended_and_what_others_run_is_left_alone(api, brief, books, sent):
    """A brief named support-two is not support, and a paid model stays."""
    sent()
    books.settle(books.rows(kind="job")[0], "succeeded", spent_usd=1.0)
    other = brief.model_copy(update={"name": "support-0a1b2c3d"})

    assert () == cancel_open_jobs(brief) == cancel_open_jobs(other)
    assert 0 == api.n_sent("POST cancel")


def test_a_provider_that_is_down_is_told_and_the_wish_is_kept(api, brief, books, sent):
    """Whoever waits for the job next sends it again."""
    sent()
    api.faults["POST cancel"] = ["drop"]
    (wish,) = cancel_open_jobs(brief)

    assert not wish.granted
    assert "ftjob-1 is not cancelled yet" in wish.text
    assert ["unknown"] == [row.state for row in books.rows(kind="cancel")]
