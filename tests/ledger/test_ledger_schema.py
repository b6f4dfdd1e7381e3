"""Ledgers of every version open, keep their rows, and are written by one at a time."""

from __future__ import annotations

import multiprocessing
import sqlite3
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from importlib.resources import files
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from ledger_parts import job, paid

from suffice.errors import EnvironmentFailed
from suffice.tuning.ledger import Ledger
from suffice.tuning.ledger_database import LedgerDatabase
from suffice.tuning.ledger_schema import REVISIONS, VERSION_TABLE
from suffice.tuning.ledger_table import metadata

LEDGERS = sorted((Path(__file__).parent / "ledgers").glob("*.sql"))
"""As earlier versions have written them: four acts, one of unknown outcome."""


def unpacked(dump: Path, at: Path) -> Path:
    with sqlite3.connect(at) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))
    return at


def unpacked_at(url: str, dump: Path) -> str:
    """The same as that version made it on a server."""
    import psycopg

    sql = dump.read_text(encoding="utf-8").replace("id INTEGER NOT NULL,", "id SERIAL,")
    counted = "SELECT setval('{0}_id_seq', 99), setval('{1}_id_seq', 99)"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.replace("entry_id SERIAL", "entry_id INTEGER NOT NULL"))
        connection.execute(counted.format("entries", "history"))
    return url


@pytest.fixture(params=LEDGERS, ids=lambda p: p.stem)
def old(request, where):
    if "://" in where:
        return unpacked_at(where, request.param)
    return str(unpacked(request.param, Path(where)))


def differences(where: object) -> list[object]:
    """Between the tables there and those that the program means."""
    with LedgerDatabase(str(where)).reading() as connection:
        found = MigrationContext.configure(
            connection,
            # SQLite does not look at the lengths of its types.
            opts={
                "version_table": VERSION_TABLE,
                "compare_type": connection.dialect.name != "sqlite",
                "include_name": lambda name, kind, _: (
                    kind != "table" or name in metadata.tables
                ),
            },
        )
        return list(compare_metadata(found, metadata))


def test_a_ledger_of_an_earlier_version_keeps_its_rows(old):
    """What was paid for last year must be known next year."""
    with Ledger(old) as ledger:
        rows = ledger.rows()

        assert ["succeeded", "unknown", "succeeded", "refused"] == [
            row.state for row in rows
        ]
        assert ("ftjob-1", 1.25, '{"model": "ft:tiny"}') == (
            rows[0].provider_id,
            rows[0].spent_usd,
            rows[0].result,
        )
        assert (1.25, 3.25) == (ledger.spent_usd(), ledger.committed_usd())
        assert "no answer: é" == ledger.history(rows[1])[-1][1]


def test_it_goes_on_as_one_of_this_version(old):
    """Its unknown job is still looked for, and its history is sealed."""
    with Ledger(old) as ledger:
        held = ledger.claim(ledger.rows()[1], owner="me|1|1|1", lease_s=60)
        ledger.settle(ledger.submitted(held, "ftjob-2"), "succeeded", spent_usd=2.0)

        assert (3.25, ()) == (ledger.verify().spent_usd, ledger.verify().faults)


def test_the_first_ledgers_had_no_results(tmp_path):
    """Older than any that bears a version."""
    path = unpacked(LEDGERS[0], tmp_path / "ledger.db")
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE entries DROP COLUMN result")

    assert [""] * 4 == [row.result for row in Ledger(path).rows()]


def test_migrated_tables_are_the_tables_of_today(old):
    """Else two ledgers of one version would not be alike."""
    Ledger(old)

    assert [] == differences(old)


def test_new_tables_are_the_tables_of_today(where):
    """Made without migrations, which would take longer."""
    assert [] == differences(where)


def test_all_revisions_are_known():
    """The program decides by its own list whether there is anything to do."""
    folder = str(files("suffice.tuning") / "ledger_migrations")
    found = ScriptDirectory(folder).walk_revisions()

    assert list(REVISIONS) == [step.revision for step in found][::-1]


def test_a_ledger_of_a_newer_version_is_refused(where):
    """Writing into tables one does not know may lose what they hold."""
    Ledger(where)
    with LedgerDatabase(where).writing() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '0999'")

    with pytest.raises(EnvironmentFailed, match=r"'0999'.*upgrade suffice"):
        Ledger(where)


def test_a_program_of_an_earlier_version_cannot_write_any_more(old):
    """Its moves would not be chained: better that it fails before it pays."""
    Ledger(old)
    write = "INSERT INTO history (entry_id, at, state, note) VALUES (1, 1, 'x', '')"

    with (
        pytest.raises(EnvironmentFailed, match="chain"),
        LedgerDatabase(old).writing() as connection,
    ):
        connection.exec_driver_sql(write)


@pytest.mark.parametrize("script", ["import sys", "Ledger(sys.argv[1]).rows()"])
def test_opening_a_current_ledger_does_not_load_alembic(script, tmp_path):
    """Every command of a climb opens it."""
    path = tmp_path / "ledger.db"
    Ledger(path)
    told = f"import sys; from suffice.tuning.ledger import Ledger; {script}; "
    done = subprocess.run(
        [sys.executable, "-c", told + "print('alembic' in sys.modules)", str(path)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "False" == done.stdout.strip()


def opened(where: str, key: str) -> int:
    """Open it as others do at the same moment, write, and say what is there."""
    with Ledger(where) as ledger:
        paid(ledger, job(key), 1.0)
        return len(ledger.rows(key="a" * 64)) if where.endswith("old.db") else 0


@pytest.mark.parametrize("which", ["old", "sqlite", "postgres"])
def test_processes_that_open_it_at_once_make_it_once(which, tmp_path, request):
    """Two climbs begin together after an upgrade."""
    where = str(tmp_path / f"{which}.db")
    if which == "old":
        unpacked(LEDGERS[0], tmp_path / "old.db")
    elif which == "postgres":
        where = request.getfixturevalue("where_postgres")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["suffice.tuning.ledger"])
    n = 6
    with ProcessPoolExecutor(n, context) as pool:
        found = list(pool.map(opened, [where] * n, [str(i) for i in range(n)]))

    assert [int(which == "old")] * n == found
    with Ledger(where) as ledger:
        assert n == len(ledger.rows(climb_id="c"))
        assert () == ledger.verify().faults


def test_a_server_that_is_not_there_is_one_sentence():
    """With the address and what follows: nothing is paid for."""
    with pytest.raises(EnvironmentFailed, match=r"'127.0.0.1/db'.*nothing is paid"):
        Ledger("postgresql://me@127.0.0.1:9/db")
