"""A measurement spread over tasks says what it says in one: the same numbers."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from aiohttp import web
from engine_fakes import ZERO_SHOT, design, examples, price_row

from suffice.brief import Brief
from suffice.examples import Split
from suffice.measuring.asking import Asked
from suffice.stages.climb import open_climb
from suffice.stages.measurements import measure_rung
from suffice.stages.shards import Chosen, waves

ROOT = Path(__file__).parents[2]
FLOW = """
import sys
from dataclasses import asdict
import json
from prefect import flow
from tasks import wide
from suffice.brief import Brief
from suffice.examples import Split
from suffice.stages.climb import open_climb
sys.path.insert(0, "tests/engine")
from engine_fakes import examples
runner, brief = sys.argv[1], Brief.model_validate_json(sys.argv[2])

def cluster():
    if runner == "threads":
        return {}
    from prefect_dask import DaskTaskRunner
    kwargs = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    return {"task_runner": DaskTaskRunner(cluster_kwargs=kwargs)}

@flow(**cluster())
def one_rung():
    every = examples(340)
    split = Split(train=every[:20], dev=every[20:40], test=every[40:])
    return wide.measure(open_climb(brief, split, "data"), "zero-shot", "m")

if __name__ == "__main__":
    print("MEASURED", json.dumps(asdict(one_rung())))
"""
AS_IT_FELL = {
    *("latency_p50_s", "latency_p95_s", "latency_p99_s"),
    *("n_calls", "n_reused", "spent_usd"),
}
"""What depends on the moment, and on how far tasks ran ahead."""


async def mostly_right(request: web.Request) -> web.StreamResponse:
    asked = (await request.json())["messages"][-1]["content"]
    answer = asked if int(asked.split()[-1]) % 20 else "no"
    message = {"role": "assistant", "content": answer}
    usage = {"prompt_tokens": 20, "completion_tokens": 4}
    return web.json_response({"choices": [{"message": message}], "usage": usage})


def brief(endpoint, folder, **fields):
    return Brief(
        name="wide",
        instructions="Repeat.",
        examples="none",
        bar=0.85,
        models={"endpoint": {"base_url": endpoint.base_url}, "base": ("m",)},
        price_rows=(price_row("m"),),
        output=str(folder),
        **fields,
    )


def measured(endpoint, folder, env, *, runner="threads", **fields):
    """The rung measured by a flow, in a process of its own."""
    given = brief(endpoint, folder, **fields).model_dump_json()
    done = subprocess.run(
        [sys.executable, "-c", FLOW, runner, given],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**env, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    line = next(s for s in done.stdout.splitlines() if s.startswith("MEASURED"))
    return json.loads(line.removeprefix("MEASURED"))


def numbers(found):
    return {what: value for what, value in found.items() if what not in AS_IT_FELL}


def test_waves_follow_the_frozen_order(tmp_path):
    """Each example once, in order, so many tasks at once as the brief says."""
    given = Brief(
        name="a",
        instructions="b",
        examples="c",
        output=str(tmp_path),
        examples_per_task=40,
        shards=2,
    )
    split = Split(train=(), dev=(), test=examples(130))
    nothing = Asked(outcomes=(), spent_usd=0.0, n_calls=0)
    chosen = Chosen(candidate=ZERO_SHOT, design=design(130), asked=nothing)
    found = list(waves(open_climb(given, split, "data"), chosen))

    assert [[(0, 40), (40, 80)], [(80, 120), (120, 130)]] == [
        [(shard.start, shard.stop) for shard in wave] for wave in found
    ]


def test_shards_change_no_number(endpoint, tmp_path, prefect_env):
    """On a Dask cluster of two processes: the same verdict, and it stops as early."""
    if importlib.util.find_spec("prefect_dask") is None:
        pytest.skip("prefect-dask is not installed: pip install 'suffice[dask]'")
    endpoint.script = [mostly_right]
    shards = {"examples_per_task": 60, "shards": 2}

    every = examples(340)
    split = Split(train=every[:20], dev=every[20:40], test=every[40:])
    climb = open_climb(brief(endpoint, tmp_path / "a"), split, "data")
    alone = asdict(measure_rung(climb, "zero-shot", "m"))
    n_alone = len(endpoint.requests)
    dask = measured(endpoint, tmp_path / "b", prefect_env, runner="dask", **shards)
    n_dask = len(endpoint.requests) - n_alone

    assert "passed" == alone["ruling"]
    assert numbers(json.loads(json.dumps(alone))) == numbers(dask)
    assert (n_alone, n_dask) == (alone["n_calls"], dask["n_calls"])
    assert n_dask <= n_alone + 2 * 60 < 300
