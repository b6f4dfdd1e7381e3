"""Machines that share a bucket and no ledger: one of them submits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from crowds import MOST, Crowd
from jobs_imitation import JobsApi
from mortals import submit_on_a_machine
from s3_server import new_bucket, serving
from tuning_parts import TRAINING

from suffice.data.conditional import look, write_if
from suffice.errors import EnvironmentFailed, TrainingUnavailable
from suffice.tuning.claims import Claim, Claims
from suffice.tuning.following import Terms, submit
from suffice.tuning.ledger import Intent, Ledger

TRIALS = int(os.environ.get("SUFFICE_TRIALS", "10"))
"""A release takes 200."""
A, B = "one-machine|1|1|aa", "another|1|1|bb"
LONG_S = 900.0
PREFIX = "s3://agreed/claims"


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture(autouse=True)
def bucket(s3_url, monkeypatch) -> Iterator[Any]:
    made = new_bucket(s3_url, "agreed", monkeypatch)
    yield made
    made.objects.all().delete()
    made.delete()


@pytest.fixture
def entry(ledger, spec):
    """The one job that all of them want."""
    return ledger.intend(Intent(kind="job", provider=spec.endpoint_name, key=spec.key))


def test_of_two_the_first_holds_it(entry):
    """The second waits: it must neither send nor give up."""
    claims = Claims(PREFIX)

    assert Claim(ours=True) == claims.take(entry, owner=A, lost_after_s=LONG_S)
    assert Claim() == claims.take(entry, owner=B, lost_after_s=LONG_S)
    assert Claim(ours=True) == claims.take(entry, owner=A, lost_after_s=LONG_S)


def test_what_the_job_is_called_is_told_to_the_others(entry):
    """They adopt it without asking the provider."""
    claims = Claims(PREFIX)
    claims.take(entry, owner=A, lost_after_s=LONG_S)
    claims.tell(entry, "ftjob-7", owner=A)

    assert Claim(job_id="ftjob-7") == claims.take(entry, owner=B, lost_after_s=LONG_S)


def test_what_was_given_up_or_is_too_old_goes_to_who_comes(entry):
    """A machine that is off must not keep the others from their job for ever."""
    claims = Claims(PREFIX)
    claims.take(entry, owner=A, lost_after_s=LONG_S)
    claims.give_up(entry, owner=A)
    assert claims.take(entry, owner=B, lost_after_s=LONG_S).ours
    # Any age is too old.
    assert claims.take(entry, owner=A, lost_after_s=-1.0).ours


def test_who_has_lost_a_claim_says_nothing_of_it_any_more(entry):
    """A process that slept through its time must not undo what came after."""
    claims = Claims(PREFIX)
    claims.take(entry, owner=A, lost_after_s=LONG_S)
    claims.take(entry, owner=B, lost_after_s=-1.0)
    claims.tell(entry, "ftjob-late", owner=A)
    claims.give_up(entry, owner=A)

    assert Claim() == claims.take(entry, owner=A, lost_after_s=LONG_S)


def test_a_store_that_ignores_conditions_is_refused(bucket, monkeypatch):
    """There two machines would both believe that they hold the job."""
    monkeypatch.setattr(
        "suffice.data.conditional.write_if", lambda *_, **__: bool(bucket)
    )
    with pytest.raises(EnvironmentFailed, match="ignores conditions"):
        Claims(PREFIX)


def test_of_two_writers_one_wins_and_is_seen():
    """Also where the object is there already."""
    assert [True, False] == [write_if(f"{PREFIX}/x", b"1", tag=None) for _ in range(2)]
    seen = look(f"{PREFIX}/x")
    assert seen is not None
    assert [True, False] == [
        write_if(f"{PREFIX}/x", d, tag=seen.tag) for d in (b"2", b"3")
    ]
    assert b"2" == look(f"{PREFIX}/x").data


def test_of_many_writers_at_once_one_wins(monkeypatch):
    """Promised by S3, and so by the imitation of it: all the rest here rests on it."""
    from moto.s3.models import S3Backend

    write = S3Backend.put_object

    def slowly(*args: Any, **kwargs: Any) -> Any:
        # Between the look at what is there and the write others come.
        sleep(0.05)
        return write(*args, **kwargs)

    monkeypatch.setattr(S3Backend, "put_object", slowly)
    with ThreadPoolExecutor(4) as pool:
        attempt = partial(write_if, f"{PREFIX}/at-once", tag=None)

        assert 1 == sum(pool.map(attempt, [b"1", b"2", b"3", b"4"]))


def test_what_another_machine_has_submitted_is_adopted(api, client, spec, ledger, time):
    """Even while the provider does not list it yet: nothing is sent."""
    claims = Claims(PREFIX)
    with Ledger("sqlite://") as theirs:
        intent = Intent(kind="job", provider=client.name, key=spec.key)
        entry = theirs.intend(intent)
    claims.take(entry, owner=B, lost_after_s=LONG_S)
    claims.tell(entry, "ftjob-9", owner=B)
    job_id = submit(
        spec, TRAINING, client=client, ledger=ledger, clock=time.clock, claims=claims
    )

    assert ("ftjob-9", 0) == (job_id, api.n_sent("POST jobs"))


def test_after_a_refusal_another_machine_may_try(api, client, spec, ledger, time):
    """Its key may do what ours may not."""
    api.faults["POST jobs"] = ["refuse-403-no"]
    claims = Claims(PREFIX)
    with pytest.raises(TrainingUnavailable):
        submit(
            spec,
            TRAINING,
            client=client,
            ledger=ledger,
            clock=time.clock,
            claims=claims,
        )
    (entry,) = ledger.rows(kind="job")

    assert claims.take(entry, owner=B, lost_after_s=LONG_S).ours


def test_who_takes_over_looks_before_it_sends(api, client, spec, tmp_path, time):
    """The one before may have been accepted in its last moment."""
    claims = Claims(PREFIX)
    with Ledger(tmp_path / "theirs.db", now=time.now) as theirs:
        api.faults["POST jobs"] = ["drop"]
        api.hidden = True
        intent = Intent(kind="job", provider=client.name, key=spec.key)
        claims.take(theirs.intend(intent), owner=B, lost_after_s=LONG_S)
    api.add_job(
        metadata={"suffice_key": spec.key, "suffice_generation": "0"}, model=spec.base
    )
    slept = time.sleep

    def sleep(seconds: float) -> None:
        slept(seconds)
        # The other's claim is lost by now, and its job is listed.
        api.hidden = False

    time.sleep = sleep
    with Ledger(tmp_path / "ours.db", now=time.now) as ours:
        job_id = submit(
            spec,
            TRAINING,
            client=client,
            ledger=ours,
            clock=time.clock,
            terms=Terms(),
            claims=claims,
        )

    assert ("ftjob-1", 0) == (job_id, api.n_sent("POST jobs"))


def race(api: JobsApi, folder: Path, trial: int, crowd: Crowd, s3: str | None) -> bool:
    """Whether machines with a ledger each end with one job that all of them know."""
    shared = s3 and (s3, f"{PREFIX}/{trial}")
    return crowd.one_pays(
        api,
        trial,
        submit_on_a_machine,
        lambda i, barrier: (api.url, folder / f"{trial}-{i}.db", barrier, shared),
    )


@pytest.mark.timeout(1800)
def test_of_machines_that_submit_at_once_one_pays(api, crowd, tmp_path, s3_url):
    """Promise P4, where there is no database that all of them reach."""
    violated = sum(
        not race(api, tmp_path, trial, crowd, s3_url) for trial in range(TRIALS)
    )
    print(f"{TRIALS} trials of 8 to {MOST} machines, {violated} violated")  # noqa: T201

    assert 0 == violated


def test_machines_that_share_nothing_pay_twice(api, crowd, tmp_path):
    """The mutant: each has looked, and none of them knows of the others."""
    assert not race(api, tmp_path, 1, crowd, None)
