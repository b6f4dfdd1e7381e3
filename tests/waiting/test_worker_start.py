"""What a worker finds when it starts: runs of the one before, and missed ones."""

from __future__ import annotations

import subprocess
import sys
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect_runs import ask, served, until
from slow_endpoint import SlowEndpoint, brief_at

from flows.climb import climb
from tasks.left_behind import end_left_behind, mark_run, process_tag
from tasks.missed import last_due

NAME = "restarted"


@pytest.fixture(scope="module")
def started(prefect_env, tmp_path_factory):
    """
    States of what a worker found, once it has dealt with it; and its deployment.

    No climb has been made: a re-check that looks fails, and costs nothing.
    """
    api = prefect_env["PREFECT_API_URL"]
    endpoint = SlowEndpoint()
    brief = brief_at(endpoint, tmp_path_factory.mktemp("task"), name=NAME)
    gone = left_by_a_process_that_is_gone(api)
    left = until(lambda: ask(f"{api}/flow_runs/", gone))
    with served(brief, prefect_env):
        state = until(lambda: ended(api, left["id"]))
        until(lambda: ask(f"{api}/deployments/name/recheck/{NAME}"))
        friday, _ = missed(api, "2026-01-02T00:00Z", "2026-01-04T00:00Z")
        skipped = until(lambda: ended(api, friday))
        other = until(lambda: ask(f"{api}/flow_runs/", gone))
    endpoint.close()
    return state, skipped, until(lambda: ended(api, other["id"]))


def test_a_worker_that_starts_ends_the_runs_of_the_one_before(started):
    """
    Shown as running, they would hold the one place that a climb's limit gives.

    The automation that misses their signs of life takes ten minutes.
    """
    assert ("CRASHED", "Its process was killed") == (
        started[0]["type"],
        started[0]["message"].partition(";")[0],
    )


def test_a_worker_that_is_stopped_leaves_no_run_as_running(started):
    """Prefect kills their processes and, on SIGTERM, says so to nobody."""
    assert "CRASHED" == started[2]["type"]


def test_a_run_that_is_resumed_is_not_ended_for_the_process_before(prefect_env):
    """A climb that waited for approval goes on in another process, days later."""
    api = prefect_env["PREFECT_API_URL"]
    resumed = left_by_a_process_that_is_gone(api)
    wanted = {"name": "resumed", "flow_id": resumed["flow_id"]}
    deployed = {"deployment_id": ask(f"{api}/deployments/", wanted)["id"]}
    taken = {**resumed, **deployed, "state": {"type": "PENDING"}}
    running, pending = (ask(f"{api}/flow_runs/", r)["id"] for r in (resumed, taken))
    with (
        temporary_settings({PREFECT_API_URL: api}),
        SyncPrefectClient(api) as client,
    ):
        run = client.read_flow_run(UUID(running))
        mark_run(climb, run, run.state)
        end_left_behind()
        runs = [client.read_flow_run(UUID(run_id)) for run_id in (running, pending)]

    assert ["RUNNING", "PENDING"] == [run.state.type.value for run in runs]
    assert [process_tag()] == runs[0].tags


def test_of_the_rechecks_that_were_missed_the_last_one_is_made_up_for(started):
    """A laptop that slept for a week would begin the day with all of them."""
    assert ("COMPLETED", "Skipped") == (started[1]["type"], started[1]["name"])
    assert "03:00Z looks at the same" in started[1]["message"]


def test_the_weekly_look_is_not_skipped_for_a_nightly_one(started, prefect_env):
    """It looks at drift, which no later night does; who asks by hand is answered."""
    del started
    api = prefect_env["PREFECT_API_URL"]
    weekly, monday, tuesday = missed(api, "2026-01-11T00:00Z", "2026-01-14T00:00Z")[-3:]
    deployment = ask(f"{api}/deployments/name/recheck/{NAME}")["id"]
    asked = ask(f"{api}/deployments/{deployment}/create_flow_run", {})["id"]
    with SyncPrefectClient(api) as client:
        last = {
            run: str(last_due(client, client.read_flow_run(UUID(run))).id)
            for run in (weekly, monday, tuesday, asked)
        }

    # Which one is last is another one where these tests run at three in the morning.
    assert last[monday] == last[tuesday] != monday
    assert last[weekly] not in (monday, tuesday, last[tuesday])
    assert asked == last[asked]


def missed(api, begin, end):
    """Ids of the re-checks that were due between *begin* and *end*, in order."""
    deployment = ask(f"{api}/deployments/name/recheck/{NAME}")["id"]
    wanted = {
        "deployments": {"id": {"any_": [deployment]}},
        "flow_runs": {"expected_start_time": {"after_": begin, "before_": end}},
        "sort": "EXPECTED_START_TIME_ASC",
    }

    def scheduled():
        times = {"start_time": begin, "end_time": end}
        ask(f"{api}/deployments/{deployment}/schedule", times)
        return ask(f"{api}/flow_runs/filter", wanted)

    return [run["id"] for run in until(scheduled)]


def left_by_a_process_that_is_gone(api):
    """What Prefect holds of a run whose process can end it no more."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    tags = [":".join([*process_tag().split(":")[:2], str(gone.pid), "1"])]
    flow = until(lambda: ask(f"{api}/flows/", {"name": "climb"}))
    return {"flow_id": flow["id"], "tags": tags, "state": {"type": "RUNNING"}}


def ended(api, run_id):
    state = (ask(f"{api}/flow_runs/{run_id}") or {}).get("state") or {}
    return state if state.get("type") in ("CRASHED", "COMPLETED", "FAILED") else None
