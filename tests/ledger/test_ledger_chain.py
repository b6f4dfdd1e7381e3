"""A deleted or altered row of the ledger is found: 1,000 mutations, none undetected."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ledger_parts import job, paid, sent

from suffice.tuning.ledger import Ledger
from suffice.tuning.ledger_chain import Head, Verification
from suffice.tuning.ledger_table import entries, history

N_MUTATIONS = 1000
# All there are, so that a column nobody has sealed is found here.
ENTRY_COLUMNS = sorted(set(entries.columns.keys()) - {"id", "owner", "lease_until"})
MOVE_COLUMNS = sorted(set(history.columns.keys()) - {"id"})


def written(path: Path) -> Head:
    """A ledger with something of everything; its end."""
    with Ledger(path, now=lambda: 1e6) as ledger:
        for number in range(8):
            paid(ledger, job(f"paid {number}", 2.0), 1.0 + number / 8)
        ledger.doubt(sent(ledger, job("unknown", 2.0)), "timed out")
        ledger.refuse(sent(ledger, job("refused", 2.0)), "no quota")
        ledger.stop("the invoice is strange")
        ledger.lift()
        ledger.intend(job("intended", 2.0))
        return ledger.verify().head


def another(value: Any, rng: random.Random) -> Any:
    """A value that is not *value*, of its kind where it has one."""
    if isinstance(value, int | float):
        return value + rng.choice([-1, 0.25, 1e-9 * max(1, abs(value)), 1000])
    if value is None:
        return rng.choice([0.5, "x"])
    return rng.choice([None, value + " ", value[:-1] + "~", "other"])


def alter(connection: Any, table: str, columns: list[str], rng: random.Random) -> bool:
    """One cell of one row; whether there is a difference that a reader could see."""
    column = rng.choice(columns)
    ids = [row[0] for row in connection.execute(f"SELECT id FROM {table}")]
    chosen = rng.choice(ids)
    read = f'SELECT "{column}" FROM {table} WHERE id = ?'
    before = connection.execute(read, (chosen,)).fetchone()[0]
    write = f'UPDATE OR IGNORE {table} SET "{column}" = ? WHERE id = ?'
    connection.execute(write, (another(before, rng), chosen))
    after = connection.execute(read, (chosen,)).fetchone()[0]
    return bool(after != before or type(after) is not type(before))


def delete(connection: Any, table: str, rng: random.Random) -> bool:
    """One row, or all from one on."""
    ids = [row[0] for row in connection.execute(f"SELECT id FROM {table} ORDER BY id")]
    chosen = rng.choice([ids[-1], rng.choice(ids)])
    compared = rng.choice(["=", ">="])
    connection.execute(f"DELETE FROM {table} WHERE id {compared} ?", (chosen,))
    return True


def insert(connection: Any, table: str, rng: random.Random) -> bool:
    """A copy of a row, under another key where one is needed."""
    columns = ENTRY_COLUMNS if table == "entries" else MOVE_COLUMNS
    named = ", ".join(f'"{c}"' for c in columns)
    copied = named.replace('"generation"', "generation + 99")
    row = rng.choice(["MIN", "MAX"])
    only = f" WHERE id = (SELECT {row}(id) FROM {table})"
    if table == "entries":
        named, copied = f"{named}, lease_until", f"{copied}, lease_until"
    connection.execute(
        f"INSERT INTO {table} ({named}) SELECT {copied} FROM {table}{only}"
    )
    return True


def swap(connection: Any, rng: random.Random) -> bool:
    """Two moves in each other's place."""
    n = connection.execute("SELECT MAX(id) FROM history").fetchone()[0]
    one, two = rng.sample(range(1, n + 1), 2)
    for old, new in ((one, -1), (two, one), (-1, two)):
        connection.execute("UPDATE history SET id = ? WHERE id = ?", (new, old))
    return True


def mutate(path: Path, rng: random.Random) -> bool:
    with sqlite3.connect(path) as connection:
        acts: list[Callable[[], bool]] = [
            lambda: alter(connection, "entries", ENTRY_COLUMNS, rng),
            lambda: alter(connection, "history", MOVE_COLUMNS, rng),
            lambda: alter(connection, "ledger_head", ["n_moves", "chain"], rng),
            lambda: delete(connection, "entries", rng),
            lambda: delete(connection, "history", rng),
            lambda: delete(connection, "ledger_head", rng),
            lambda: insert(connection, "entries", rng),
            lambda: insert(connection, "history", rng),
            lambda: swap(connection, rng),
        ]
        changed = rng.choices(acts, weights=[6, 6, 1, 2, 3, 1, 1, 1, 1])[0]()
    connection.close()
    return changed


def undetected(
    tmp_path: Path, seen: Callable[[Path], bool], n: int = N_MUTATIONS
) -> tuple[int, list[int]]:
    """How many mutations were tried, and the seeds of those that *seen* missed."""
    original, copy = tmp_path / "ledger.db", tmp_path / "copy.db"
    written(original)
    tried, missed, seed = 0, [], 0
    while tried < n:
        seed += 1
        shutil.copy(original, copy)
        if mutate(copy, random.Random(seed)):
            tried += 1
            if not seen(copy):
                missed.append(seed)
    return tried, missed


def found(path: Path) -> Verification:
    with Ledger(path) as ledger:
        return ledger.verify()


def test_what_nobody_touched_fits(where):
    """A false alarm would soon be overlooked."""
    with Ledger(where) as ledger:
        for number in range(3):
            paid(ledger, job(str(number), 2.0), 0.1)

        assert () == ledger.verify().faults
        assert pytest.approx(0.3) == ledger.verify().spent_usd


def test_no_mutation_stays_undetected(tmp_path):
    """Whoever pays must be able to trust what was written down."""
    tried, missed = undetected(tmp_path, lambda path: bool(found(path).faults))
    print(f"{tried} mutations tried, {len(missed)} undetected")  # noqa: T201

    assert [] == missed


def test_a_check_of_the_sums_alone_misses_most(tmp_path):
    """The mutant: that entries and history tell the same sum is not enough."""

    def naive(path: Path) -> bool:
        with sqlite3.connect(path) as connection:
            query = "SELECT TOTAL(spent_usd) FROM "
            last = "history WHERE id IN (SELECT MAX(id) FROM history GROUP BY entry_id)"
            sums = {
                connection.execute(query + t).fetchone()[0] for t in ("entries", last)
            }
        connection.close()
        return len(sums) > 1

    tried, missed = undetected(tmp_path, naive, n=100)

    assert len(missed) > tried / 4


def cut_off_the_end(path: Path) -> None:
    """As one does who may write the database and knows how it works."""
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM history WHERE entry_id >= 8 OR entry_id = 0")
        connection.execute("DELETE FROM entries WHERE id >= 8")
        connection.execute(
            "UPDATE ledger_head SET n_moves = (SELECT COUNT(*) FROM history), "
            "chain = (SELECT chain FROM history ORDER BY id DESC LIMIT 1)"
        )
    connection.close()


def test_a_clean_cut_shows_against_an_end_noted_elsewhere(tmp_path):
    """All after a moment gone, the end written anew: nothing inside can tell."""
    path = tmp_path / "ledger.db"
    noted = written(path)
    cut_off_the_end(path)
    with Ledger(path) as ledger:
        assert () == ledger.verify().faults
        assert ["noted" in fault for fault in ledger.verify(noted).faults] == [True]


def test_a_ledger_that_has_grown_since_still_fits_what_was_noted(tmp_path):
    """Noting the end once a month is enough to see what was cut off before it."""
    path = tmp_path / "ledger.db"
    noted = written(path)
    with Ledger(path) as ledger:
        paid(ledger, job("later", 2.0), 1.0)

        assert () == ledger.verify(noted).faults
