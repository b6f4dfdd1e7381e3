"""The ledger: durable, one owner at a time, never over the budget."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tuning_parts import TRAINING

from suffice.errors import EnvironmentFailed, OverBudget
from suffice.tuning.following import submit
from suffice.tuning.ledger import Intent, Ledger
from suffice.tuning.ledger_database import LedgerDatabase
from suffice.tuning.ledger_owner import is_dead, new_owner

JOB = Intent(kind="job", provider="embedded", key="k", pinned={"base": "tiny"})


def job(key: str, usd: float = 0.0, climb_id: str = "") -> Intent:
    return Intent(
        kind="job", provider="embedded", key=key, reserve_usd=usd, climb_id=climb_id
    )


def test_an_intent_outlives_its_process(tmp_path, time):
    """It must be on disk before the call; another process must find it."""
    entry = Ledger(tmp_path / "ledger.db", now=time.now).intend(JOB)

    assert (entry,) == Ledger(tmp_path / "ledger.db").rows(kind="job")
    assert "intended" == entry.state


def test_writes_are_on_disk_before_they_return(tmp_path):
    """A ledger that a power cut shortens would pay again."""
    with LedgerDatabase(tmp_path / "ledger.db").reading() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous")
        ]

    assert ["wal", 2] == found


def test_the_same_intent_is_one_entry(ledger):
    """Unique by kind, provider, key and generation."""
    assert ledger.intend(JOB) == ledger.intend(JOB)


def test_other_parameters_under_the_same_key_are_refused(ledger):
    """A retry with changed arguments would be another purchase."""
    ledger.intend(JOB)
    changed = Intent(kind="job", provider="embedded", key="k", pinned={"base": "big"})

    with pytest.raises(EnvironmentFailed, match="big"):
        ledger.intend(changed)


def test_only_one_holds_an_entry(ledger):
    """Two that send at once pay twice."""
    entry, mine, yours = ledger.intend(JOB), new_owner(), new_owner()

    assert ledger.claim(entry, owner=mine, lease_s=60) is not None
    assert ledger.claim(entry, owner=yours, lease_s=60) is None
    assert ledger.begin(entry, owner=yours, lease_s=60) is None


def test_a_lease_that_ran_out_in_the_call_leaves_it_unknown(ledger, time):
    """The owner may have sent it: whoever takes over has to look first."""
    entry, mine, yours = ledger.intend(JOB), new_owner(), new_owner()
    ledger.claim(entry, owner=mine, lease_s=60)
    ledger.begin(entry, owner=mine, lease_s=60)
    time.sleep(61)
    taken = ledger.claim(entry, owner=yours, lease_s=60)

    assert taken is not None
    assert ("unknown", time.now()) == (taken.state, taken.unknown_since)


def test_what_another_made_of_it_meanwhile_stays(ledger, time):
    """The sleeper learns that it holds a duplicate, and can cancel it."""
    entry, mine, yours = ledger.intend(JOB), new_owner(), new_owner()
    sent = ledger.claim(entry, owner=mine, lease_s=60)
    time.sleep(61)
    ledger.claim(entry, owner=yours, lease_s=60)
    ledger.submitted(entry, "theirs")

    assert "theirs" == ledger.submitted(sent, "mine").provider_id


def test_a_late_doubt_does_not_touch_what_another_sends(ledger, time):
    """Only the owner of a call may say how it went."""
    entry, mine, yours = ledger.intend(JOB), new_owner(), new_owner()
    ledger.claim(entry, owner=mine, lease_s=60)
    sleeping = ledger.begin(entry, owner=mine, lease_s=60)
    time.sleep(61)
    ledger.claim(entry, owner=yours, lease_s=60)
    ledger.begin(entry, owner=yours, lease_s=60)
    ledger.refuse(sleeping, "too late")

    assert "submitting" == ledger.get(entry).state


def test_a_job_that_is_there_was_accepted_whatever_was_told(ledger):
    """Refused to one, adopted by another: what runs is paid for, and followed."""
    entry, me = ledger.intend(JOB), new_owner()
    ledger.claim(entry, owner=me, lease_s=60)
    ledger.refuse(ledger.begin(entry, owner=me, lease_s=60), "no quota")
    found = ledger.submitted(entry, "ftjob-1", "adopted")

    assert ("submitted", "ftjob-1") == (found.state, found.provider_id)


def test_every_move_is_kept(ledger):
    """Who asks where the money went gets an answer."""
    entry, me = ledger.intend(JOB), new_owner()
    ledger.claim(entry, owner=me, lease_s=60)
    sent = ledger.begin(entry, owner=me, lease_s=60)
    ledger.doubt(sent, "timed out")
    ledger.submitted(entry, "ftjob-1", "adopted")
    ledger.settle(entry, "succeeded", spent_usd=1.5)

    assert [
        ("intended", ""),
        ("submitting", ""),
        ("unknown", "timed out"),
        ("submitted", "adopted"),
        ("succeeded", ""),
    ] == list(ledger.history(entry))


def test_what_has_ended_stays_ended(ledger):
    """A second settlement would count the money twice."""
    entry = ledger.submitted(ledger.intend(JOB), "ftjob-1")
    ledger.settle(entry, "succeeded", spent_usd=1.5)
    ledger.settle(entry, "failed", spent_usd=9.0)

    assert (1.5, "succeeded") == (ledger.spent_usd(), ledger.get(entry).state)


def test_a_reservation_of_unknown_outcome_is_kept(ledger):
    """It may be billed: releasing it would let the budget be spent twice."""
    me, entry = new_owner(), ledger.intend(job("a", 3.0, "c"), cap_usd=5.0)
    ledger.claim(entry, owner=me, lease_s=60)
    ledger.doubt(ledger.begin(entry, owner=me, lease_s=60), "timed out")

    with pytest.raises(OverBudget, match=r"\$3\.0000 reserved"):
        ledger.intend(job("b", 3.0, "c"), cap_usd=5.0)


@pytest.mark.parametrize("usd", [float("nan"), float("inf"), -1.0])
def test_a_cost_that_is_no_amount_is_refused(usd, ledger):
    """No price, no spend."""
    with pytest.raises(OverBudget):
        ledger.intend(job("a", usd), cap_usd=5.0)


@given(amounts=st.lists(st.floats(0, 4), max_size=12), cap=st.floats(0, 10))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_reservations_never_pass_the_cap(amounts, cap, tmp_path_factory):
    """Whatever is asked for, in whatever order."""
    ledger = Ledger(tmp_path_factory.mktemp("budget") / "ledger.db")
    for number, usd in enumerate(amounts):
        try:
            entry = ledger.intend(job(str(number), usd, "c"), cap_usd=cap)
        except OverBudget:
            continue
        ledger.submitted(entry, str(number))
        if number % 2:
            ledger.settle(entry, "succeeded", spent_usd=usd)

    assert ledger.committed_usd(climb_id="c") <= cap + 1e-9


def test_a_climbs_money_is_its_own(ledger):
    """One brief's budget says nothing about another's."""
    for climb_id in ("a", "b"):
        entry = ledger.intend(job(climb_id, 4.0, climb_id), cap_usd=5.0)
        ledger.settle(ledger.submitted(entry, climb_id), "succeeded", spent_usd=3.0)

    assert (3.0, 6.0) == (ledger.spent_usd(climb_id="a"), ledger.spent_usd())


def test_an_owner_is_dead_only_when_it_surely_is():
    """Taking over from the living would send twice."""
    machine, pid, started, number = new_owner().split("|")

    assert not is_dead("|".join([machine, pid, started, number]))
    assert is_dead("|".join([machine, pid, "1", number]))
    assert not is_dead("|".join(["elsewhere", pid, "1", number]))


def test_the_ledger_is_a_plain_sqlite_file(ledger: Ledger, tmp_path: Path):
    """Readable with anything, in ten years too."""
    ledger.intend(JOB)
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        rows = connection.execute("SELECT state, kind FROM entries").fetchall()

    assert [("intended", "job")] == rows


def test_a_submission_leaves_its_upload_and_its_job(client, ledger, spec, time):
    """Each kind of act stands there as what it is."""
    submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock)

    assert {("job", "submitted"), ("upload", "succeeded")} == {
        (row.kind, row.state) for row in ledger.rows()
    }
