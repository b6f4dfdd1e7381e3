"""The cap holds across processes, and across what kills them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
from aiohttp import web
from engine_fakes import ZERO_SHOT, FakeModel, design, desk, echo, examples, price

from suffice.measuring.budget import Budget
from suffice.measuring.holdings import holdings, prune
from suffice.measuring.measure import measure
from suffice.measuring.responses import ResponseStore, response_key
from suffice.results import Completion

USD = 1.0
"""Of each call: a million tokens at a dollar."""
IN_FLIGHT = 4
CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, "tests/engine")
from engine_fakes import ZERO_SHOT, desk, design, examples, price
from suffice.measuring.budget import Budget
from suffice.measuring.measure import measure
from suffice.measuring.models import OpenAIModel
from suffice.measuring.responses import ResponseStore
url, path, cap, first = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
with ResponseStore(Path(path), account="climb") as store:
    shared = len(sys.argv) < 6
    budget = Budget(cap, others=lambda: store.others_usd if shared else 0.0)
    place = desk(OpenAIModel(url, "k", 30, 4), store=store, concurrency=4,
                 price=price("m", 1.0), budget=budget)
    measure(ZERO_SHOT, examples(200)[first:], desk=place,
            design=design(100, bar=0.93))
"""


async def costs_a_dollar(request: web.Request) -> web.StreamResponse:
    asked = (await request.json())["messages"][-1]["content"]
    choice = {"message": {"role": "assistant", "content": asked}}
    usage = {"prompt_tokens": 10**6, "completion_tokens": 0}
    return web.json_response({"choices": [choice], "usage": usage})


def begin(endpoint, path, *more, cap, first=0):
    arguments = [endpoint.base_url, str(path), str(cap), str(first), *more]
    return subprocess.Popen([sys.executable, "-c", CHILD, *arguments])


def completion(usd: float | None) -> Completion:
    return Completion(
        text="a", model="m", finish_reason="stop", input_tokens=1, latency_s=1, usd=usd
    )


def test_after_kill_9_the_climb_knows_what_it_has_spent(endpoint, tmp_path):
    """Otherwise every crash would hand the climb its budget once more."""
    endpoint.script = [costs_a_dollar]
    path = tmp_path / "responses.db"
    with ResponseStore(path) as store:
        child = begin(endpoint, path, cap=1000)
        while holdings(store).all.n < 10 and child.poll() is None:
            time.sleep(0.005)
        child.send_signal(signal.SIGKILL)
        child.wait()
        held = holdings(store).all

        assert held.usd == held.n * USD == store.spent_usd("climb")
        assert len(endpoint.requests) - 3 * IN_FLIGHT <= held.n


def test_two_processes_hold_one_cap(endpoint, tmp_path):
    """Rungs measured side by side spend from one purse, to within what is in flight."""
    endpoint.script = [costs_a_dollar]
    path = tmp_path / "responses.db"
    children = [begin(endpoint, path, cap=30, first=n) for n in (0, 100)]

    assert [0, 0] == [child.wait() for child in children]
    assert 30 - 2 * IN_FLIGHT <= len(endpoint.requests) <= 30 + 4 * IN_FLIGHT


def test_two_that_look_at_their_own_spending_only_are_caught(endpoint, tmp_path):
    """The mutant: each of them stays below the cap, and both together do not."""
    endpoint.script = [costs_a_dollar]
    path = tmp_path / "responses.db"
    children = [begin(endpoint, path, "alone", cap=30, first=n) for n in (0, 100)]

    assert [0, 0] == [child.wait() for child in children]
    assert len(endpoint.requests) > 30 + 4 * IN_FLIGHT


def test_run_again_a_climb_goes_on_with_what_is_left(tmp_path):
    """The second run may spend what the first has not, and no more."""
    dear = price("m", 10_000.0)
    n_asked = []
    for first in (0, 100):
        model = FakeModel(echo)
        with ResponseStore(tmp_path / "responses.db", account="climb") as store:
            cap = 20.0 if first else 10.0
            budget = Budget(cap, others=lambda s=store: s.others_usd)
            place = desk(model, store=store, price=dear, concurrency=1, budget=budget)
            shown = examples(200)[first:]
            measure(ZERO_SHOT, shown, desk=place, design=design(100, bar=0.93))
        n_asked.append(len(model.asked))

    assert [10, 10] == n_asked


def test_each_account_is_told_what_it_spent_itself(tmp_path):
    """Climbs share one store; the budget of one is not that of another."""
    path = tmp_path / "responses.db"
    for account, usd in (("a", 1.0), ("b", 2.0), ("a", 4.0)):
        with ResponseStore(path, account=account) as store:
            store.put(response_key(account, {"usd": usd}), completion(usd))

    with ResponseStore(path, account="a") as store:
        assert (5.0, 2.0) == (store.spent_usd("a"), store.spent_usd("b"))
        assert 5.0 == store.others_usd


def test_spending_outlives_the_answers(tmp_path):
    """Pruning gives room back, not money."""
    with ResponseStore(tmp_path / "responses.db", account="a") as store:
        store.put(response_key("e", {}), completion(1.5))
        prune(store)

        assert (0, 1.5) == (holdings(store).all.n, store.spent_usd("a"))


def test_the_store_counts_what_reuse_has_saved(tmp_path):
    """What the store is good for, in dollars, is shown by ``suffice cache``."""
    key = response_key("e", {})
    with ResponseStore(tmp_path / "responses.db") as store:
        store.put(key, completion(0.25))
        for _ in range(3):
            store.get(key)
    with ResponseStore(tmp_path / "responses.db") as store:
        found = holdings(store)

    assert (3, 0.75) == (found.n_reused, pytest.approx(found.saved_usd))


def test_what_brought_no_answer_is_booked_too(tmp_path):
    """A reply that was paid for and could not be stored is money all the same."""
    with ResponseStore(tmp_path / "responses.db", account="a") as store:
        store.put(response_key("e", {}), completion(1.0))
        store.book(0.5)

        assert (1.5, 1.5) == (store.own_usd, store.spent_usd("a"))


def test_a_store_of_an_earlier_version_is_opened(tmp_path):
    """What an earlier version has paid for is still worth its money."""
    import sqlite3
    import zlib

    path, key = tmp_path / "responses.db", response_key("e", {})
    body = (
        b'{"text":"a","model":"m","finish_reason":"stop","input_tokens":1,'
        b'"latency_s":1.0}'
    )
    db = sqlite3.connect(path)
    db.execute(
        "CREATE TABLE responses (key BLOB PRIMARY KEY, model TEXT NOT NULL, "
        "at REAL NOT NULL, body BLOB NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID"
    )
    db.execute(
        "INSERT INTO responses VALUES (?, 'm', 1.0, ?, ?)",
        (bytes.fromhex(key), body, zlib.crc32(body)),
    )
    db.commit()
    db.close()

    with ResponseStore(path) as store:
        assert "a" == store.get(key).text
        store.put(response_key("f", {}), completion(1.0))
        assert (2, 1.0) == (holdings(store).all.n, holdings(store).all.usd)
