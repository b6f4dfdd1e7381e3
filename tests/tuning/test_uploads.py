"""A training file is whole and read in before a job is paid for on it."""

from __future__ import annotations

import pytest
from tuning_parts import TRAINING, HurriedTime

from suffice.errors import (
    CallFailed,
    DataRejected,
    FileNotReady,
    SpendingStopped,
    TrainingError,
)
from suffice.tuning.following import Terms, submit
from suffice.tuning.job import digest
from suffice.tuning.uploads import upload

NAME = f"suffice-{digest(TRAINING)[:32]}.jsonl"


@pytest.fixture
def send(client, ledger, time):
    # Its clock is read when it is called: a test may let more happen in a sleep.
    return lambda: upload(TRAINING, client=client, ledger=ledger, clock=time.clock)


def put(api, *, size: int, status: str = "processed") -> dict[str, object]:
    """A file of our name that is there already."""
    file = {"id": "file-1", "object": "file", "bytes": size, "created_at": 1}
    file |= {"filename": NAME, "purpose": "fine-tune", "status": status}
    api.files["file-1"] = file
    return file


def test_a_file_found_by_its_name_is_not_sent_again(api, send):
    """Another machine sent it; the name is that of the content."""
    put(api, size=len(TRAINING))

    assert ("file-1", 0) == (send(), api.n_sent("POST files"))


@pytest.mark.parametrize(
    "there", [{"size": len(TRAINING) - 5}, {"size": len(TRAINING), "status": "error"}]
)
def test_half_a_file_or_a_rejected_one_is_not_taken_for_ours(there, api, send):
    """An upload that was cut off may be listed: a job on it would be paid for."""
    put(api, **there)

    assert ("file-2", 1) == (send(), api.n_sent("POST files"))


def test_one_that_arrives_short_is_refused_before_any_job(
    api, client, ledger, spec, time
):
    """The size is compared with what was sent; nothing is held for the job then."""
    api.cut_files = 3
    with pytest.raises(TrainingError, match=f"but {len(TRAINING)} were sent"):
        submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock)

    assert (0, 0.0) == (api.n_sent("POST jobs"), ledger.committed_usd())


def test_one_that_is_still_being_read_in_is_waited_for(api, send, time: HurriedTime):
    """A job on it would be refused as "not ready"."""
    file = put(api, size=len(TRAINING), status="uploaded")
    slept = time.sleep

    def sleep(seconds: float) -> None:
        slept(seconds)
        file["status"] = "processed" if len(time.slept) == 3 else "uploaded"

    time.sleep = sleep
    send()

    assert 3 == len(time.slept)


def test_one_that_is_never_said_to_be_ready_is_tried_after_two_minutes(
    api, send, time: HurriedTime
):
    """The status is deprecated: some leave it at "uploaded" for ever."""
    put(api, size=len(TRAINING), status="uploaded")
    begun = time.now()

    assert "file-1" == send()
    assert 120 <= time.now() - begun <= 125


def test_one_that_the_provider_rejects_says_why(api, send, time: HurriedTime):
    """Its own words are what the engineer needs."""
    file = put(api, size=len(TRAINING), status="uploaded")

    def sleep(seconds: float) -> None:
        file.update(status="error", status_details="line 7 is no JSON")

    time.sleep = sleep
    with pytest.raises(DataRejected, match="line 7 is no JSON"):
        send()


def test_an_upload_without_an_answer_is_sent_again_and_not_for_ever(api, send):
    """It costs nothing; three times in a row the provider is down."""
    api.faults["POST files"] = ["before-503", "drop"]
    send()
    assert 3 == api.n_sent("POST files")

    api.files.clear()
    api.faults["POST files"] = ["before-503"] * 9
    with pytest.raises(CallFailed):
        send()
    assert 6 == api.n_sent("POST files")


def test_while_spending_is_stopped_nothing_is_sent(api, send, ledger):
    """Data need not leave the house for a job that may not begin."""
    ledger.stop("holiday")
    with pytest.raises(SpendingStopped):
        send()

    assert 0 == api.n_sent("POST files")


@pytest.mark.parametrize(("times", "gives_up"), [(3, False), (99, True)])
def test_a_job_refused_since_its_file_is_still_read_is_sent_again_for_a_while(
    times, gives_up, api, client, ledger, spec, time
):
    """A file may be called processed before trainers see it; the refusal is sure."""
    api.faults["POST jobs"] = ["refuse-400-file_not_ready"] * times
    begun, terms = time.now(), Terms(reserve_usd=3.0, cap_usd=5.0)
    how = {"client": client, "ledger": ledger, "clock": time.clock, "terms": terms}
    if gives_up:
        with pytest.raises(FileNotReady, match="run again"):
            submit(spec, TRAINING, **how)
        assert 600 <= time.now() - begun <= 630
    else:
        assert [submit(spec, TRAINING, **how)] == list(api.jobs)

    assert (0.0 if gives_up else 3.0) == ledger.committed_usd()
