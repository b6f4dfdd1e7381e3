"""A job that takes longer than the worker lives: nobody is held, nothing is lost."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

import httpx
import pytest
from flow_briefs import examples
from prefect_runs import ROOT, ask, runs_of, served, states_of, trigger, until, wake
from signed_webhooks import SECRET, event, signed
from slow_endpoint import SlowEndpoint, brief_at

from deployments.webhooks import PATH
from suffice.registry.record import Registry
from suffice.services import servers
from suffice.stages.climb import latest_verdict
from suffice.tuning.ledger import Ledger
from suffice.workspace import Workspace
from tasks.left_behind import is_process_tag

WAITING = {"worker_s": 1.0, "look_again_s": 3600.0}


@pytest.fixture
def endpoint():
    served = SlowEndpoint()
    yield served
    served.close()


@pytest.fixture
def api(prefect_env):
    return prefect_env["PREFECT_API_URL"]


def handed_over(api, name, times):
    """Wait until so many runs have given their worker back."""
    until(lambda: states_of(api, name).count("HandedOver") == times)
    until(lambda: "AwaitingJob" in states_of(api, name))


def test_jobs_that_outlive_the_worker_still_end_in_a_verdict(
    endpoint, api, prefect_env, tmp_path
):
    """
    Two recipes side by side, then preferences on top of the better one, then a part
    for the learning curve: none holds it.

    The worker is stopped while the first two train, and another one is started later.
    What the waiting leaves behind is one scheduled run on the server, an hour from
    now; a webhook puts it forward.
    """
    tuning = {
        "poll_s": 0.2,
        "waiting": WAITING,
        "search": 2,
        "method": "dpo",
        "preferences": str(preferences(tmp_path / "preferred.jsonl")),
        "learning_curve": [0.5],
        "probes": False,
    }
    brief = brief_at(endpoint, tmp_path / "task", name="outlived", tuning=tuning)
    with served(brief, prefect_env):
        first = trigger(api, "outlived")
        handed_over(api, "outlived", 1)
    ids = [job["id"] for job in endpoint.jobs]
    endpoint.end_jobs()
    later = next(r for r in runs_of(api, "outlived") if r["id"] != first)
    # A run names its process, so that it is ended when that was killed; no later one.
    tagged = [any(map(is_process_tag, r["tags"])) for r in runs_of(api, "outlived")]
    deliver_webhook(ids[1], prefect_env, tmp_path)
    with served(brief, prefect_env):
        for times in (2, 3):
            handed_over(api, "outlived", times)
            endpoint.end_jobs()
            wake(api, "outlived")
        until(lambda: "Completed" in states_of(api, "outlived"))
    verdict = latest_verdict(Workspace(tmp_path / "task" / "out"), "outlived")[0]

    assert (2, 4) == (len(ids), len(endpoint.jobs))
    # On top of a model that the first run was gone too early to see.
    assert ("dpo", "ft:m:test:orders:1") == (
        endpoint.jobs[2]["method"]["type"],
        endpoint.jobs[2]["model"],
    )
    assert {f"job:{job_id}" for job_id in ids} <= set(later["tags"])
    assert [False, True] == sorted(tagged)
    assert ("run", "fine-tuned") == (verdict.action, verdict.rung)
    assert [0.5, 1.0] == [point.share for point in verdict.learning_curve]
    assert ["Completed", *["HandedOver"] * 3] == sorted(states_of(api, "outlived"))
    assert [0.5, 1.0] == losses_in_mlflow(tmp_path / "task" / "out", "outlived")
    assert "loss 0.500" in progress_of(api, "outlived-fine-tuned")


def progress_of(api, key):
    """What the one artifact of a job says: how far, which loss, how long still."""
    found = ask(f"{api}/artifacts/filter", {"artifacts": {"key": {"any_": [key]}}})
    assert {"progress"} == {artifact["type"] for artifact in found}
    return json.dumps(found)


def preferences(path):
    """Codes are preferred to sentences, as one asks for them; the file with them."""
    told = [
        {
            "input": {"messages": row["messages"][:1]},
            "preferred_output": row["messages"][1:],
            "non_preferred_output": [{"role": "assistant", "content": "A code."}],
        }
        for row in examples(12)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in told))
    return path


def free_port():
    with socket.socket() as one:
        one.bind((servers.HOST, 0))
        return one.getsockname()[1]


def deliver_webhook(job_id, env, folder):
    """A signed delivery to the receiver as it is started by hand."""
    port = free_port()
    env = {**env, "OPENAI_WEBHOOK_SECRET": SECRET, "SUFFICE_OUTPUT": str(folder)}
    body = event(job_id=job_id)
    with (folder / "webhooks.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "deployments.webhooks", str(port)],
            cwd=ROOT,
            env=env,
            stdout=log,
            stderr=log,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: servers.healthy(f"{url}/health"))
        reply = httpx.post(
            f"{url}{PATH}", content=body, headers=signed(body), timeout=120
        )
    finally:
        process.terminate()
        process.wait(timeout=30)
    assert 200 == reply.status_code


def losses_in_mlflow(output, name):
    """The training losses of the climb's run, smallest first."""
    client = Registry(output).client
    experiment = client.get_experiment_by_name(name).experiment_id
    (run,) = client.search_runs([experiment], "tags.kind = 'climb'")
    history = client.get_metric_history(run.info.run_id, "train_loss/fine-tuned")
    return sorted(metric.value for metric in history)


def test_cancelling_the_run_cancels_the_job_where_the_brief_says_so(
    endpoint, api, prefect_env, tmp_path
):
    """Off by default: a stopped run must not throw away what is paid for."""
    brief = brief_at(
        endpoint,
        tmp_path / "task",
        name="cancelled",
        tuning={"poll_s": 0.2, "waiting": {"cancel_with_run": True}},
    )
    with served(brief, prefect_env):
        run = trigger(api, "cancelled")
        until(lambda: endpoint.looks > 2)
        stop = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
        until(lambda: ask(f"{api}/flow_runs/{run}/set_state", stop))
        until(lambda: endpoint.cancelled)
        until(lambda: "Cancelled" in states_of(api, "cancelled"))
    with Ledger(tmp_path / "task" / "out" / "ledger.db") as ledger:
        states = {row.kind: row.state for row in ledger.rows()}

    assert {"job": "cancelled", "cancel": "succeeded"} == {
        kind: state for kind, state in states.items() if kind != "upload"
    }
