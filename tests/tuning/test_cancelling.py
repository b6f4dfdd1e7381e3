"""Cancelling is a wish in the ledger: no crash and no outage loses it."""

from __future__ import annotations

import pytest
from tuning_parts import TRAINING

from suffice.errors import CallFailed, TrainingFailed
from suffice.tuning.cancelling import cancel, cancel_wanted
from suffice.tuning.following import submit, wait


@pytest.fixture
def job_id(client, ledger, spec, time):
    return submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock)


def test_a_cancelled_job_stands_in_the_ledger_with_the_wish(client, ledger, job_id):
    """Who asked for its end can be read later."""
    cancel(job_id, client=client, ledger=ledger)
    kinds = {row.kind: row.state for row in ledger.rows() if row.kind != "upload"}

    assert {"job": "cancelled", "cancel": "succeeded"} == kinds


def test_a_wish_that_did_not_arrive_is_sent_again(api, client, ledger, time, job_id):
    """The one who waits for the job delivers it, in whatever process that is."""
    api.faults["POST cancel"] = ["drop"]
    with pytest.raises(CallFailed):
        cancel(job_id, client=client, ledger=ledger)
    assert cancel_wanted(job_id, client=client, ledger=ledger)

    with pytest.raises(TrainingFailed, match="cancelled"):
        wait(job_id, client=client, ledger=ledger, clock=time.clock)
    assert 2 == api.n_sent("POST cancel")
    assert not cancel_wanted(job_id, client=client, ledger=ledger)


def test_spending_that_is_stopped_can_still_be_cancelled(client, ledger, job_id):
    """It costs nothing, and is what else one would want then."""
    ledger.stop("enough")

    assert "cancelled" == cancel(job_id, client=client, ledger=ledger).status
