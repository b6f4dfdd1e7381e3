"""Answers on a real PostgreSQL server: what holds of the file holds of it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from engine_fakes import ANSWER, ZERO_SHOT, FakeModel, design, desk, echo, examples

from suffice.brief import Brief
from suffice.errors import EnvironmentFailed
from suffice.measuring.holdings import holdings, prune
from suffice.measuring.measure import measure
from suffice.measuring.responses import ResponseStore, response_key

psycopg = pytest.importorskip("psycopg", reason="the client psycopg is not installed")

PAID = replace(ANSWER, text=f"{ANSWER.text} \0", usd=0.5)
KEY = response_key("e", {"model": "m", "messages": []})
WRITER = """
import sys
from suffice.measuring.responses import ResponseStore, response_key
from suffice.results import Completion
url, name = sys.argv[1:]
with ResponseStore(url, account="climb") as store:
    for i in range(40):
        rows = [
            (response_key(who, {"i": i}),
             Completion(text=f"{who} {i}", model=who, finish_reason="stop",
                        input_tokens=1, latency_s=0.1, usd=1.0))
            for who in (name, "shared")
        ]
        store.put_many(rows)
        assert store.get(rows[0][0]).text == f"{name} {i}"
"""


@pytest.fixture
def url(postgres):
    """An empty database on the server."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS responses, spending")
    return postgres


def test_an_answer_comes_back_from_the_server(url):
    """Whatever machine asked first, the others need not pay."""
    with ResponseStore(url) as store:
        store.put(KEY, PAID)
    with ResponseStore(url) as store:
        assert replace(PAID, reused=True) == store.get(KEY)
        assert store.get(response_key("e", {})) is None


def test_processes_share_the_server(url):
    """Also the ones that store the same answers at the same moment."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, url, name])
        for name in ("a", "b", "c")
    ]

    assert [0, 0, 0] == [w.wait() for w in writers]
    with ResponseStore(url, account="climb") as store:
        held = {model: h.n for model, h in holdings(store).by_model.items()}
        assert {"a": 40, "b": 40, "c": 40, "shared": 40} == held
        assert 240.0 == store.spent_usd("climb") == store.others_usd


def test_a_measurement_is_repeated_from_the_server(url):
    """The same verdict, and nothing paid for again."""

    def run(model):
        with ResponseStore(url) as store:
            return measure(
                ZERO_SHOT,
                examples(60),
                desk=desk(model, store=store),
                design=design(60),
            )[0]

    first, again = run(FakeModel(echo)), FakeModel(echo)
    second = run(again)

    assert ([], 0, first.n) == (again.asked, second.n_calls, second.n_reused)
    assert first == replace(second, n_calls=first.n_calls, n_reused=0)


def test_a_lost_connection_is_opened_again(url):
    """A database that was restarted overnight does not end the climb."""
    with ResponseStore(url) as store:
        with psycopg.connect(url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        store.put(KEY, PAID)

        assert replace(PAID, reused=True) == store.get(KEY)


def test_an_unreadable_row_is_a_miss_and_is_replaced(url):
    """One bad row costs one call, once."""
    with ResponseStore(url) as store:
        store.put(KEY, PAID)
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("UPDATE responses SET crc = crc + 1")

        assert store.get(KEY) is None
        store.put(KEY, PAID)
        assert replace(PAID, reused=True) == store.get(KEY)


def test_a_table_of_an_earlier_version_gets_the_new_columns(url):
    """Upgrading needs nobody to run a migration."""
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(
            "CREATE TABLE responses (key BYTEA PRIMARY KEY, model TEXT NOT NULL, "
            "at DOUBLE PRECISION NOT NULL, body BYTEA NOT NULL, crc BIGINT NOT NULL)"
        )
    with ResponseStore(url) as store:
        store.put(KEY, PAID)

        assert (1, 0.5) == (holdings(store).all.n, holdings(store).all.usd)


def test_pruning_the_server(url):
    """By age and model, as with the file."""
    with ResponseStore(url) as store:
        store.put(KEY, PAID)

        assert 0 == prune(store, before=1.0).n
        assert 0 == prune(store, model="n").n
        assert 1 == prune(store, before=2e10, model="m", dry_run=True).n
        assert 1 == prune(store, before=2e10, model="m").n
        assert 0 == holdings(store).all.n


def test_a_server_that_is_not_there_is_one_sentence():
    """With the address, without the password."""
    with pytest.raises(EnvironmentFailed, match="cannot be reached") as told:
        ResponseStore("postgresql://me:hush@127.0.0.1:9/answers")

    assert "hush" not in str(told.value)


@pytest.mark.parametrize(
    ("store", "complaint"),
    [
        ("postgresql://me:hush@db/answers", "a password in a URL"),
        ("postgresql://me@db/answers?password=hush", "PGPASSWORD"),
        ("mysql://me@db/answers", "postgresql://"),
    ],
)
def test_a_brief_takes_no_password(store, complaint):
    """A brief is committed, mailed and logged."""
    with pytest.raises(ValueError, match=complaint):
        Brief(name="a", instructions="b", examples="c", store=store)
