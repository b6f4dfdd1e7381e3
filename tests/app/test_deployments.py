"""Deployments: what is written down deploys, and what is served can be triggered."""

import json
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest
import yaml
from flow_briefs import write_brief

from suffice.brief import Brief
from suffice.brief_io import load_brief

ROOT = Path(__file__).parents[2]
DEPLOYMENTS = yaml.safe_load((ROOT / "deployments/prefect.yaml").read_text())


@pytest.mark.parametrize(
    "deployment", DEPLOYMENTS["deployments"], ids=lambda d: d["entrypoint"]
)
def test_every_entrypoint_is_a_module(deployment):
    """A file entrypoint would put flows/ first on the import path."""
    module, _, name = deployment["entrypoint"].partition(":")

    assert "/" not in module
    assert (ROOT / module.replace(".", "/")).with_suffix(".py").exists()
    assert module.rpartition(".")[2] == name


def test_the_deployed_brief_is_the_examples_brief(monkeypatch):
    """Two copies of one brief must not drift apart."""
    monkeypatch.chdir(ROOT)
    written = DEPLOYMENTS["deployments"][0]["parameters"]["brief"]

    assert load_brief(Path("examples/support/brief.yaml")) == Brief(**written)


@pytest.fixture(scope="module")
def served(prefect_env, prefect_server, tmp_path_factory):
    """The deployments of a small brief, served by a process of their own."""
    brief = write_brief(tmp_path_factory.mktemp("served") / "task")
    log = brief.with_name("serve.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "deployments.serve", brief],
        cwd=ROOT,
        env=prefect_env,
        stdout=log,
        stderr=log,
    )
    yield f"{prefect_server}/api"
    process.terminate()
    process.wait(timeout=30)
    log.close()


def curl(*arguments):
    """What curl answers, asked again while the server is busy or has just started."""
    for _ in range(10):
        done = subprocess.run(
            ["curl", "-s", "-w", "\\n%{http_code}", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        body, _, status = done.stdout.rpartition("\n")
        if done.returncode == 0 and int(status) < 500:
            return json.loads(body)
        time.sleep(1)
    raise AssertionError(f"curl {arguments}: {done.returncode} {done.stdout}")


def wait_for(look, timeout_s=180):
    """What *look* finds, once it finds something."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(1)
    raise AssertionError(f"nothing within {timeout_s} s")


def deployment_id(api, flow):
    """Id of the served deployment, once it is there."""
    return wait_for(lambda: curl(f"{api}/deployments/name/{flow}/colours").get("id"))


def test_a_run_is_triggered_with_curl(served):
    """The user's words: triggering flows by API."""
    deployment = deployment_id(served, "check")
    once = json.dumps({"idempotency_key": "triggered-with-curl"})

    def created():
        # A busy server answers 503 now and then; the key makes asking again safe.
        return curl(
            *("-X", "POST", f"{served}/deployments/{deployment}/create_flow_run"),
            *("-H", "content-type: application/json", "-d", once),
        ).get("id")

    run_id = wait_for(created)

    def ended():
        state = curl(f"{served}/flow_runs/{run_id}").get("state") or {}
        return state.get("type") in ("COMPLETED", "FAILED", "CRASHED") and state

    state = wait_for(ended)
    assert "COMPLETED" == state["type"], state["message"]


def test_the_nightly_recheck_is_scheduled(served):
    """
    A scheduled run must really appear: with SQLAlchemy 2.1 the schedules of
    Prefect 3.8 silently never fire while all else looks healthy.
    """
    deployment = deployment_id(served, "recheck")
    asked = json.dumps(
        {
            "deployments": {"id": {"any_": [deployment]}},
            "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
        }
    )

    def scheduled():
        return curl(
            *("-X", "POST", f"{served}/flow_runs/filter", "-d", asked),
            *("-H", "content-type: application/json"),
        )

    def of_both():
        found = {
            datetime.fromisoformat(run["expected_start_time"]): run["parameters"]
            for run in scheduled()
        }
        return found if len({p.get("drift") for p in found.values()}) == 2 else None

    runs = wait_for(of_both)
    sundays = {day.weekday() == 6 for day, given in runs.items() if given["drift"]}
    nights = {day.weekday() == 6 for day, given in runs.items() if not given["drift"]}

    assert {(3, 0)} == {(day.hour, day.minute) for day in runs}
    assert ({True}, {False}) == (sundays, nights)


def test_a_bad_parameter_is_refused_before_a_run_exists(served):
    """A typo in an API call must not become a failed run at three in the morning."""
    deployment = deployment_id(served, "check")
    answer = curl(
        *("-X", "POST", f"{served}/deployments/{deployment}/create_flow_run"),
        *("-H", "content-type: application/json"),
        *("-d", json.dumps({"parameters": {"brief": {"bra": 1}}})),
    )

    assert "bra" in json.dumps(answer)
    assert "id" not in answer


def test_the_form_carries_the_briefs_help(served):
    """The text under each field is what the Prefect form shows."""
    deployment = deployment_id(served, "climb")
    found = curl(f"{served}/deployments/{deployment}")
    fields = found["parameter_openapi_schema"]["definitions"]["Brief"]["properties"]

    assert "Quality at which the climb stops" in fields["bar"]["description"]
