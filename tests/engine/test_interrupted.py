"""Killed and run again: what was answered is not asked again."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from aiohttp import web
from engine_fakes import ZERO_SHOT, design, desk, examples

from suffice.measuring.holdings import holdings
from suffice.measuring.measure import measure
from suffice.measuring.models import OpenAIModel
from suffice.measuring.responses import ResponseStore

IN_FLIGHT = 4
UNDER_WAY = IN_FLIGHT + 10
"""Calls in flight, and answers on their way to the disk."""
CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, "tests/engine")
from engine_fakes import ZERO_SHOT, desk, design, examples
from suffice.measuring.measure import measure
from suffice.measuring.models import OpenAIModel
from suffice.measuring.responses import ResponseStore
with ResponseStore(Path(sys.argv[2])) as store:
    model = OpenAIModel(sys.argv[1], "k", 30, 4)
    place = desk(model, store=store, concurrency=4)
    measure(ZERO_SHOT, examples(60), desk=place, design=design(60, bar=0.9))
"""


async def slow_echo(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(0.02)
    asked = await request.json()
    message = {"role": "assistant", "content": asked["messages"][-1]["content"]}
    return web.json_response({"choices": [{"message": message}]})


@pytest.mark.parametrize(
    ("how", "most_twice"), [(signal.SIGINT, 0), (signal.SIGKILL, UNDER_WAY)]
)
def test_what_was_answered_is_not_asked_again(endpoint, tmp_path, how, most_twice):
    """Ctrl-C loses nothing; kill -9 loses at most what is under way."""
    endpoint.script = [slow_echo]
    path = tmp_path / "responses.db"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, endpoint.base_url, str(path)],
        stderr=subprocess.DEVNULL,
    )
    with ResponseStore(path) as store:
        while holdings(store).all.n < 8 and child.poll() is None:
            time.sleep(0.005)
        child.send_signal(how)
        child.wait()
        measured, outcomes = measure(
            ZERO_SHOT,
            examples(60),
            desk=desk(
                OpenAIModel(endpoint.base_url, "k", 30, IN_FLIGHT),
                store=store,
                concurrency=IN_FLIGHT,
            ),
            design=design(60, bar=0.9),
        )
    times = Counter(r["messages"][-1]["content"] for r in endpoint.requests)

    assert measured.ruling == "passed"
    assert measured.n_reused >= 8
    assert sum(n - 1 for n in times.values()) <= most_twice
    assert {o.score for o in outcomes} == {1.0}
