"""Test calls through the Batch API: once, at the price of batches, whatever crashes."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
from batch_server import batch_server
from engine_fakes import examples

from suffice.brief import Brief
from suffice.errors import OverBudget, SpendingStopped
from suffice.examples import Split
from suffice.measuring.batched import read_batch, write_batch
from suffice.stages.climb import open_climb, spent_usd
from suffice.stages.measurements import measure_rung
from suffice.tuning.ledger import Ledger

PRICES = """
[[price]]
model = "m"
provider = "own"
from = 2026-01-01
usd_per_mtok = { input = 1.0, output = 10.0 }
batch_multiplier = 0.5
source = "https://example.com"
checked = 2026-01-01
"""
BATCHED_USD = 0.5 * (20 * 1.0 + 4 * 10.0) / 1e6
CHILD = """
import sys
sys.path.insert(0, "tests/engine")
from test_batches import climb_of
from suffice.stages.measurements import measure_rung
measure_rung(climb_of(sys.argv[1], sys.argv[2]), "zero-shot", "m")
"""


def climb_of(base_url, folder, *, batch=True, prices=PRICES, **fields):
    """Sixty test examples in batches of twenty; nothing to choose on dev."""
    from pathlib import Path

    folder = Path(folder)
    folder.mkdir(exist_ok=True)
    (folder / "prices.toml").write_text(prices)
    endpoint = {"base_url": base_url, "batch": batch, "batch_examples": 20}
    brief = Brief(
        name="batched",
        instructions="Repeat.",
        examples="none",
        bar=0.9,
        models={"endpoint": endpoint, "base": ("m",), "tunable": None},
        rungs=("zero-shot",),
        prices=str(folder / "prices.toml"),
        output=str(folder / "out"),
        **fields,
    )
    split = Split(train=examples(10), dev=(), test=examples(60))
    return open_climb(brief, split, "data")


@pytest.fixture
def server(tmp_path):
    with batch_server(tmp_path / "server") as running:
        yield running


def test_a_measurement_waits_for_its_batches_and_pays_half(server, tmp_path):
    """The discount must be in the books, or the budget would stop too early."""
    climb = climb_of(server.base_url, tmp_path / "climb")

    measured = measure_rung(climb, "zero-shot", "m")

    n_asked = len(server.asked())
    assert ("passed", n_asked) == (measured.ruling, measured.n_calls)
    assert measured.n <= n_asked
    assert measured.spent_usd == pytest.approx(n_asked * BATCHED_USD)
    assert measured.spent_usd == pytest.approx(spent_usd(climb))
    assert measured.latency_p50_s is None


def test_it_stops_after_the_batch_that_settles_it(server, tmp_path):
    """Waiting is no reason to ask all: each batch is looked at before the next."""
    climb = climb_of(server.base_url, tmp_path / "climb", margin=0.2)

    measured = measure_rung(climb, "zero-shot", "m")

    assert "passed" == measured.ruling
    assert len(server.asked()) < 60


def test_a_batch_stands_in_the_ledger_with_its_cost(server, tmp_path):
    """Told there, booked with its answers: counted once."""
    climb = climb_of(server.base_url, tmp_path / "climb")
    measured = measure_rung(climb, "zero-shot", "m")
    with Ledger(climb.workspace.ledger) as ledger:
        rows = ledger.rows(kind="batch")
        told_usd = sum(row.cost_usd for row in rows)

        assert {"succeeded"} == {row.state for row in rows}
        assert 0.0 == ledger.committed_usd(climb_id=climb.id)
    assert pytest.approx(spent_usd(climb)) == told_usd
    assert measured.n * BATCHED_USD <= told_usd * (1 + 1e-9)


@pytest.mark.parametrize("batch", [True, False])
def test_stopped_spending_asks_nothing(batch, server, tmp_path):
    """Neither a file of questions nor a single one."""
    climb = climb_of(server.base_url, tmp_path / "climb", batch=batch)
    with Ledger(climb.workspace.ledger) as ledger:
        ledger.stop("by the test")
        with pytest.raises(SpendingStopped, match="--lift"):
            measure_rung(climb, "zero-shot", "m")

    assert [] == list(server.asked())


def test_killed_while_it_waits_it_adopts_its_batch(server, tmp_path):
    """kill -9 between submitting and the answers: one batch, paid for once."""
    server.open.clear()
    folder = tmp_path / "climb"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, server.base_url, str(folder)]
    )
    while not server.batches and child.poll() is None:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    server.open.set()
    measured = measure_rung(climb_of(server.base_url, folder), "zero-shot", "m")
    asked = server.asked()

    assert "passed" == measured.ruling
    assert len(asked) == len(set(asked))
    assert measured.spent_usd == pytest.approx(len(asked) * BATCHED_USD)


def test_a_lost_receipt_is_found_by_its_mark(server, tmp_path):
    """Accepted, and killed before the ledger knew: still it is not sent twice."""
    server.open.clear()
    folder = tmp_path / "climb"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, server.base_url, str(folder)]
    )
    climb = climb_of(server.base_url, folder)
    while not server.batches and child.poll() is None:
        time.sleep(0.01)
    child.kill()
    child.wait()
    forget_receipts(climb.workspace.ledger)
    server.open.set()
    measure_rung(climb, "zero-shot", "m")
    asked = server.asked()

    assert len(asked) == len(set(asked))


def forget_receipts(path):
    """The ledger as a kill before its last write leaves it."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "UPDATE entries SET state = 'submitting', provider_id = NULL, "
            "lease_until = 0"
        )


def test_run_again_it_sends_nothing(server, tmp_path):
    """A finished measurement is read from the store."""
    climb = climb_of(server.base_url, tmp_path / "climb")
    first = measure_rung(climb, "zero-shot", "m")
    n_asked = len(server.asked())
    second = measure_rung(climb, "zero-shot", "m")

    assert (n_asked, 0, 0.0) == (
        len(server.asked()),
        second.n_calls,
        second.spent_usd,
    )
    assert (first.n, first.quality_low) == (second.n, second.quality_low)


def test_a_batch_beyond_the_budget_is_not_sent(server, tmp_path):
    """A batch cannot be stopped half-way: it is refused before it is uploaded."""
    climb = climb_of(server.base_url, tmp_path / "climb", budget_usd=0.0001)

    with pytest.raises(OverBudget, match="raise budget_usd"):
        measure_rung(climb, "zero-shot", "m")

    assert [] == server.batches


@pytest.mark.parametrize(
    "prices", [PRICES.replace('"m"', '"other"'), PRICES.replace(", output = 10.0", "")]
)
def test_a_batch_without_a_known_price_is_not_sent(prices, server, tmp_path):
    """An unknown price is never 0: no budget could be held with it."""
    climb = climb_of(server.base_url, tmp_path / "climb", prices=prices)

    with pytest.raises(OverBudget, match=r"No price of .m. is known.*price_rows"):
        measure_rung(climb, "zero-shot", "m")

    assert [] == server.batches
    with Ledger(climb.workspace.ledger) as ledger:
        assert () == ledger.rows(kind="batch")


def test_a_batch_at_a_price_by_the_cpu_second_reserves_something(server, tmp_path):
    """What it took is known afterwards; until then it is not free."""
    by_cpu = PRICES.replace("batch_multiplier = 0.5\n", "").replace(
        "usd_per_mtok = { input = 1.0, output = 10.0 }",
        'kind = "cpu"\ncpu_usd_per_hour = 3600.0',
    )
    climb = climb_of(server.base_url, tmp_path / "climb", prices=by_cpu, budget_usd=5.0)

    with pytest.raises(OverBudget, match="raise budget_usd"):
        measure_rung(climb, "zero-shot", "m")

    assert [] == server.batches


def test_what_failed_in_a_batch_is_left_out():
    """It is asked singly afterwards; it must not become an empty answer."""
    good = {"choices": [{"message": {"content": "a"}}], "usage": {"prompt_tokens": 1}}
    lines = [
        {"custom_id": "a", "response": {"status_code": 200, "body": good}},
        {"custom_id": "b", "response": {"status_code": 500, "body": {"error": {}}}},
        {"custom_id": "c", "response": None, "error": {"code": "batch_expired"}},
        {"custom_id": "d", "response": {"status_code": 200, "body": {}}},
    ]
    content = "\n".join(map(json.dumps, lines)).encode()

    assert [("a", "a")] == [(key, c.text) for key, c in read_batch(content)]


def test_the_same_questions_are_the_same_file():
    """A batch is known by its content; the order of asking must not matter."""
    one, other = {"model": "m", "messages": []}, {"model": "n", "messages": []}

    assert write_batch({"a": one, "b": other}) == write_batch({"b": other, "a": one})
