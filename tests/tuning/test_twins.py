"""Two jobs of one key: should it ever happen, one goes on and is the only one paid."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tuning_parts import TRAINING

from suffice.errors import EnvironmentFailed
from suffice.tuning.following import Terms, TuningClient, submit
from suffice.tuning.ledger import Ledger

AGAIN = Terms(again=True, climb_id="c")
"""As climbs submit."""


@pytest.fixture
def twins(api, spec):
    """A job that was accepted and hidden for too long, and the one sent after it."""
    marks = {"suffice_key": spec.key, "suffice_generation": "0"}
    return [
        api.add_job(metadata=marks, status="running", model="tiny") for _ in range(2)
    ]


def test_the_ledger_tells_that_there_was_a_second_job(
    twins, client, ledger, spec, time
):
    """The provider may bill what it trained until then; who asks must find out."""
    submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock, terms=AGAIN)
    (wish,) = ledger.rows(kind="cancel")

    assert ("ftjob-2", "succeeded", "c") == (wish.key, wish.state, wish.climb_id)
    assert f"a second job of {spec.key[:12]}" in wish.note


def test_a_cancelled_twin_is_no_reason_to_pay_for_another(
    twins, api, client, ledger, spec, time
):
    """Climbs ask for another job when one has failed; here the first one runs."""
    ids = [
        submit(
            spec, TRAINING, client=client, ledger=ledger, clock=time.clock, terms=AGAIN
        )
        for _ in range(2)
    ]

    assert ["ftjob-1"] * 2 == ids
    assert ["running", "cancelled"] == [job["status"] for job in api.jobs.values()]


def test_another_machine_takes_the_one_that_runs(
    twins, api, client, ledger, spec, time, tmp_path
):
    """It sees a cancelled job of the key and a running one, and no ledger."""
    submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock, terms=AGAIN)
    with Ledger(tmp_path / "other.db", now=time.now) as other:
        found = submit(
            spec, TRAINING, client=client, ledger=other, clock=time.clock, terms=AGAIN
        )

    assert ("ftjob-1", 2) == (found, len(api.jobs))


def test_a_twin_that_comes_to_light_late_is_cancelled_then(
    api, client, ledger, spec, time
):
    """The provider showed it only after the second had been made and written down."""
    first = submit(
        spec, TRAINING, client=client, ledger=ledger, clock=time.clock, terms=AGAIN
    )
    late = api.add_job(**{**api.jobs[first], "id": "ftjob-9", "status": "running"})
    submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock, terms=AGAIN)

    assert ("queued", "cancelled") == (api.jobs[first]["status"], late["status"])


def test_a_twin_that_cannot_be_cancelled_is_told_to_a_person(
    twins, api, client, ledger, spec, time
):
    """It goes on costing money; nothing is adopted until somebody has looked."""
    api.faults["POST cancel"] = ["refuse-400-invalid_request"] * 9
    with pytest.raises(EnvironmentFailed, match=r"ftjob-2.*cancel it by hand"):
        submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock)

    assert [None] == [row.provider_id for row in ledger.rows(kind="job")]


class Sleepy(TuningClient):
    """Its process is frozen in the paid call, for longer than its lease holds."""

    def __init__(self, *args, meanwhile, **more):
        super().__init__(*args, **more)
        self.meanwhile = meanwhile

    def create_job(self, *args):
        job = super().create_job(*args)
        self.meanwhile()
        return job


def test_who_wakes_up_after_another_has_written_its_job_cancels_its_own(
    api, ledger, spec, time
):
    """A laptop that was closed in the middle of the call."""

    def meanwhile():
        time.sleep(3600)
        entry = ledger.rows(kind="job")[0]
        ledger.submitted(entry, "ftjob-theirs")

    client = Sleepy(api.url, "none", embedded=True, timeout_s=1.0, meanwhile=meanwhile)
    found = submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock)
    client.close()

    assert ("ftjob-theirs", "cancelled") == (found, api.jobs["ftjob-1"]["status"])


class Interrupted(TuningClient):
    """Ctrl-C comes while the answer is on its way."""

    def create_job(self, *args):
        super().create_job(*args)
        raise KeyboardInterrupt


def test_interrupted_in_the_paid_call_it_is_looked_for_at_once(
    api, client, ledger, spec, time
):
    """The process may live on, in a notebook: no lease may have to run out first."""
    interrupted = Interrupted(api.url, "none", embedded=True, timeout_s=1.0)
    with pytest.raises(KeyboardInterrupt):
        submit(spec, TRAINING, client=interrupted, ledger=ledger, clock=time.clock)
    interrupted.close()
    states = [row.state for row in ledger.rows(kind="job")]
    begun = time.now()
    found = submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock)

    assert (["unknown"], "ftjob-1", 1) == (states, found, len(api.jobs))
    assert time.now() - begun < 1


def test_a_job_of_another_key_is_no_twin(api, client, ledger, spec, time):
    """Another seed was asked for on purpose."""
    for seed in (7, 8):
        one = replace(spec, seed=seed)
        submit(one, TRAINING, client=client, ledger=ledger, clock=time.clock)
    submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock, terms=AGAIN)

    assert ["queued", "queued"] == [job["status"] for job in api.jobs.values()]
