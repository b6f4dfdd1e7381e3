"""
Cancels a job: an intent in the ledger first, so that no crash loses the wish.

Cancelling twice is harmless, so it is sent again until the provider has answered.
"""

from __future__ import annotations

from contextlib import suppress

from suffice.errors import CallFailed, EnvironmentFailed, SufficeError
from suffice.tuning.job import JobState, TuneSpec
from suffice.tuning.ledger import Entry, Intent, Ledger
from suffice.tuning.ledger_owner import new_owner
from suffice.tuning.protocol import Backend
from suffice.tuning.settling import settle

_LEASE_S = 150.0


def cancel(
    job_id: str, *, client: Backend, ledger: Ledger, climb_id: str = "", why: str = ""
) -> JobState:
    """
    Ask for the job's end and say how it stands; *why* is noted in the ledger.

    Raises when the provider does not answer or refuses; the wish stands in the ledger
    and whoever waits for the job next sends it again.
    """
    entry = ledger.intend(_intent(job_id, client.name, climb_id))
    return _send(entry, job_id, client, ledger, why)


def cancel_twin(
    job_id: str, *, spec: TuneSpec, client: Backend, ledger: Ledger, climb_id: str
) -> None:
    """
    End a second job of *spec*; that there was one stands in the ledger.

    Raises `EnvironmentFailed` when the provider does not let it be ended.
    """
    why = f"a second job of {spec.key[:12]}"
    try:
        cancel(job_id, client=client, ledger=ledger, climb_id=climb_id, why=why)
    except SufficeError as error:
        raise EnvironmentFailed(
            f"{job_id} at {client.name} is a second job of one and the same and could "
            f"not be cancelled: cancel it by hand ({error})."
        ) from error


def cancel_wanted(job_id: str, *, client: Backend, ledger: Ledger) -> bool:
    """Whether somebody asked for the job's end and the provider has not heard yet."""
    rows = ledger.rows(kind="cancel", provider=client.name, key=job_id)
    return any(row.state in ("intended", "submitting", "unknown") for row in rows)


def cancel_accepted(job_id: str, *, client: Backend, ledger: Ledger) -> bool:
    """Whether the provider has been asked for the job's end and did not refuse."""
    rows = ledger.rows(kind="cancel", provider=client.name, key=job_id)
    return any(row.state == "succeeded" for row in rows)


def cancel_again(job_id: str, *, client: Backend, ledger: Ledger) -> None:
    """Send a wish that did not reach the provider; its refusal is a note, no error."""
    if cancel_wanted(job_id, client=client, ledger=ledger):
        entry = ledger.intend(_intent(job_id, client.name))
        # A refusal most likely means that it has ended; the next look says how.
        with suppress(SufficeError):
            _send(entry, job_id, client, ledger)


def _send(
    entry: Entry, job_id: str, client: Backend, ledger: Ledger, why: str = ""
) -> JobState:
    owner = new_owner()
    held = ledger.claim(entry, owner=owner, lease_s=_LEASE_S)
    sending = held and ledger.begin(held, owner=owner, lease_s=_LEASE_S)
    try:
        state = client.cancel(job_id)
    except CallFailed as error:
        if sending:
            ledger.doubt(sending, str(error))
        raise
    except SufficeError as error:
        if sending:
            ledger.refuse(sending, str(error))
        raise
    finally:
        ledger.release(owner)
    if sending:
        asked = ledger.submitted(sending, job_id, state.status)
        told = f"the job is {state.status}"
        ledger.settle(asked, "succeeded", note=f"{why}: {told}" if why else told)
    if state.status == "cancelled":
        settle(ledger, state, None)
    return state


def _intent(job_id: str, provider: str, climb_id: str = "") -> Intent:
    return Intent(kind="cancel", provider=provider, key=job_id, climb_id=climb_id)
