"""A worker that died with its runs: the next one does not leave them as they are."""

from __future__ import annotations

import subprocess
import sys

from prefect_runs import ask, served, until
from slow_endpoint import SlowEndpoint, brief_at

from tasks.left_behind import process_tag


def test_a_worker_that_starts_ends_the_runs_of_the_one_before(prefect_env, tmp_path):
    """
    Shown as running, they would hold the one place that a climb's limit gives.

    The automation that misses their signs of life takes ten minutes.
    """
    api = prefect_env["PREFECT_API_URL"]
    endpoint = SlowEndpoint()
    brief = brief_at(endpoint, tmp_path / "task", name="restarted")
    run = until(lambda: ask(f"{api}/flow_runs/", left_by_a_process_that_is_gone(api)))
    with served(brief, prefect_env):
        state = until(lambda: ended(api, run["id"]))
    endpoint.close()

    assert ("CRASHED", "Its process was killed") == (
        state["type"],
        state["message"].partition(";")[0],
    )


def left_by_a_process_that_is_gone(api):
    """What Prefect holds of a run whose process can end it no more."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    tags = [":".join([*process_tag().split(":")[:2], str(gone.pid), "1"])]
    flow = until(lambda: ask(f"{api}/flows/", {"name": "climb"}))
    return {"flow_id": flow["id"], "tags": tags, "state": {"type": "RUNNING"}}


def ended(api, run_id):
    state = (ask(f"{api}/flow_runs/{run_id}") or {}).get("state") or {}
    return state if state.get("type") != "RUNNING" else None
