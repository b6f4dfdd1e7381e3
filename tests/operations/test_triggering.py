"""Triggering by API: the examples of the documentation, as they stand, and refusals."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from flow_briefs import write_brief
from operating import ROOT, ask, deployment_id, serving

PAGE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def env(prefect_env, tmp_path_factory):
    """Environment of a reader whose task is served; its climb calls no model."""
    folder = tmp_path_factory.mktemp("triggered") / "task"
    brief = write_brief(folder, name="triggered", rungs=["floor"])
    with serving(brief, prefect_env):
        api = prefect_env["PREFECT_API_URL"]
        deployment_id(api, "climb/triggered")
        yield {**prefect_env, "API": api, "TASK": "triggered"}


def example(language):
    """The page's first block of that language."""
    return re.search(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S)[1]


def run(command, env):
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


curl_and_jq = pytest.mark.skipif(
    not (shutil.which("jq") and shutil.which("curl")),
    reason="curl or jq is not installed",
)


@curl_and_jq
def test_curl_starts_a_climb_and_reads_its_verdict(env):
    """A release pipeline has curl and little else."""
    told = run(["bash", "-euo", "pipefail", "-c", example("bash")], env)

    assert '"action": "' in told
    assert '"climb": "triggered-' in told


@curl_and_jq
def test_an_answer_that_was_asked_for_again_is_read_alone():
    """Prefect's server is busy for a moment: "null" and an id were taken for an id."""
    answers = [(503, {"id": None}), (200, {"id": "right"})]

    class Busy(BaseHTTPRequestHandler):
        def do_GET(self):
            status, told = answers.pop(0)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *arguments):
            del arguments

    asking = re.search(r"^ANSWER=.*?^}\n", example("bash"), re.M | re.S)[0]
    with HTTPServer(("127.0.0.1", 0), Busy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        script = f"{asking}ask {url} | jq -er .id"
        told = run(["bash", "-euo", "pipefail", "-c", script], os.environ)
        server.shutdown()

    assert ("right\n", []) == (told, answers)


def test_python_finds_the_same_run_by_its_key(env):
    """Asked twice with one key there is one run: here the one that curl has started."""
    told = run([sys.executable, "-c", example("python")], env)
    asked = {"deployments": {"name": {"any_": ["triggered"]}}}
    found = ask(f"{env['API']}/flow_runs/filter", asked)[1]
    climbs = [r for r in found if r["idempotency_key"] == "release-42"]

    assert "'action': '" in told
    assert 1 == len(climbs)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"bar": 1.5}, "'brief.bar'. Failure reason: 1.5 is greater than the maximum"),
        ({"brs": 1}, "'brs' was unexpected"),
        ({"scorer": 7}, "brief.scorer"),
        ({"examples": None}, "brief.examples"),
    ],
)
def test_a_wrong_brief_is_refused_with_its_field(env, wrong, told):
    """Whoever typed it has to find it, in a brief of a hundred fields."""
    api = env["API"]
    deployment = deployment_id(api, "climb/triggered")
    brief = ask(f"{api}/deployments/{deployment}")[1]["parameters"]["brief"]
    status, answer = ask(
        f"{api}/deployments/{deployment}/create_flow_run",
        {"parameters": {"brief": {**brief, **wrong}}},
    )

    assert 409 == status
    assert told in answer["detail"]
