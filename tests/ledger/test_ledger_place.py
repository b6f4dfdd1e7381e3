"""Where the ledger is: as the brief says, else the environment, else in the folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from ledger_parts import job, paid

from suffice.brief import Brief
from suffice.examples import Split
from suffice.stages.climb import ledger_of, open_climb
from suffice.stages.table import committed_usd
from suffice.tuning.ledger import Ledger
from suffice.tuning.ledger_database import LedgerDatabase

URL = "postgresql://me@db.example.com/suffice"


def brief_of(folder: Path, ledger: str | None = None) -> Brief:
    told = {"name": "a", "instructions": "b", "examples": "c", "output": str(folder)}
    return Brief(**told, ledger=ledger)


@pytest.mark.parametrize(
    ("named", "set_to", "found"),
    [(URL, "postgresql://other/db", URL), (None, URL, URL), (None, "", None)],
)
def test_the_brief_wins_over_the_environment(
    named, set_to, found, tmp_path, monkeypatch
):
    """As with the store of answers."""
    monkeypatch.setenv("SUFFICE_LEDGER", set_to)

    assert (found or tmp_path / "ledger.db") == ledger_of(brief_of(tmp_path, named))


@pytest.mark.parametrize(
    ("url", "complaint"),
    [("postgresql://me:hush@db/x", "password"), ("mysql://db/x", "postgresql://")],
)
def test_a_brief_takes_no_password_and_no_other_database(url, complaint, tmp_path):
    """A brief is committed, mailed and logged."""
    with pytest.raises(ValueError, match=complaint):
        brief_of(tmp_path, url)


def test_a_server_that_answers_before_it_writes_is_told_not_to(where_postgres):
    """Some are set so, for speed: a power cut would lose what is being paid for."""
    hasty = f"{where_postgres}&options=-csynchronous_commit%3Doff"
    asked = "SHOW synchronous_commit"
    database = LedgerDatabase(hasty)
    with database.reading() as connection:
        theirs = connection.exec_driver_sql(asked).scalar_one()
    with database.writing() as connection:
        ours = connection.exec_driver_sql(asked).scalar_one()

    assert ("off", "on") == (theirs, ours)


def test_a_climb_counts_what_the_ledger_on_the_server_says(where_postgres, tmp_path):
    """Two machines that tune for one climb share its budget."""
    climb = open_climb(
        brief_of(tmp_path, where_postgres), Split(train=(), dev=(), test=()), "data"
    )
    with Ledger(where_postgres) as ledger:
        paid(ledger, job("a", 2.0, climb_id=climb.id), 1.25)
        ledger.intend(job("b", 2.0, climb_id=climb.id))

    assert 3.25 == committed_usd(climb)


def test_naming_another_ledger_does_not_make_another_climb(tmp_path):
    """Nothing has to be measured again because the books have moved."""
    split = Split(train=(), dev=(), test=())
    ids = {open_climb(brief_of(tmp_path, url), split, "data").id for url in (None, URL)}

    assert 1 == len(ids)
