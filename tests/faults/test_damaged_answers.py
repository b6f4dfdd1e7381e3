"""
A stored answer that was damaged is asked for again, counted, and never passed off.

``python -m benchmarks.reliability damage --release`` does it 10,000 times.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import zlib
from contextlib import closing

import pytest
from engine_fakes import ZERO_SHOT, FakeModel, design, desk, echo, examples
from storage_acts import answer_of, key_of
from store_damage import run_damages
from tally import MET

from suffice.errors import EnvironmentFailed
from suffice.journal import Journal
from suffice.measuring.measure import fill
from suffice.measuring.responses import ResponseStore
from suffice.measuring.sheet import Sheet


def test_damaged_in_any_way_no_wrong_answer_comes_back(seed):
    """A verdict on answers that nobody gave is worse than none."""
    tally = run_damages(400, seed=seed)
    print(f"seed {seed}: {tally}")  # noqa: T201

    assert ([], 400) == (tally.found, tally.tried)
    assert tally.by_name[MET] > 100


def test_an_answer_in_the_place_of_another_is_a_miss(tmp_path):
    """
    Found by exchanging whole rows: the body fits its checksum, but not its question.

    The mutant is the checksum of earlier versions, which left the key out.
    """
    path = tmp_path / "responses.db"
    with ResponseStore(path) as store:
        store.put(key_of(0), answer_of(0))
        store.put(key_of(1), answer_of(1))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        body, crc = db.execute("SELECT body, crc FROM responses").fetchone()
        db.execute("UPDATE responses SET body = ?, crc = ?", (body, crc))
    with ResponseStore(path) as store:
        found = [store.get(key_of(n)) for n in range(2)]

    assert 1 == sum(answer is None for answer in found)
    assert crc != zlib.crc32(body)


def test_a_damaged_description_of_the_tables_is_told_in_a_sentence(tmp_path):
    """Found by flipping bytes: the driver fails to decode its own message."""
    path = tmp_path / "responses.db"
    with ResponseStore(path) as store:
        store.put(key_of(0), answer_of(0))
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE", b"CREATE \xd5ABLE"))

    with pytest.raises(EnvironmentFailed, match="move the file away"):
        ResponseStore(path)


def test_answers_of_earlier_versions_are_still_read(tmp_path):
    """They have been paid for."""
    path = tmp_path / "responses.db"
    with ResponseStore(path) as store:
        store.put(key_of(0), answer_of(0))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        (body,) = db.execute("SELECT body FROM responses").fetchone()
        db.execute("UPDATE responses SET crc = ?", (zlib.crc32(body),))
    with ResponseStore(path) as store:
        found = store.get(key_of(0))

    assert found is not None
    assert answer_of(0).text == found.text


def test_what_is_asked_again_for_damage_is_told(tmp_path):
    """It is paid for twice: whoever follows the climb must see that."""
    path, told = tmp_path / "responses.db", tmp_path / "journal.jsonl"
    for _ in range(2):
        with ResponseStore(path) as store:
            sheet = Sheet(candidate=ZERO_SHOT, examples=examples(20), design=design(20))
            at = desk(FakeModel(echo), store=store)
            asyncio.run(fill(sheet, at, Journal(told)))
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("UPDATE responses SET crc = 7 WHERE rowid <= 3")
    notes = [json.loads(line) for line in told.read_text().splitlines()]

    assert ["stored answers that were damaged and asked for again: 3"] == [
        note["text"] for note in notes if note["event"] == "note"
    ]
