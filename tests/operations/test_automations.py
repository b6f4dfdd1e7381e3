"""Automations: an event that is emitted reaches somebody, or starts a climb."""

import json
import subprocess
import sys
import threading
import uuid
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from flow_briefs import write_brief
from operating import ROOT, ask, serving, start, wait_for


@pytest.fixture(scope="module")
def listener():
    """A webhook of ours on loopback, and what it was sent."""
    heard = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            heard.append(json.loads(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            del arguments

    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", heard
    server.shutdown()
    server.server_close()


def automate(env, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "deployments.automations", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def applied(prefect_env, listener, tmp_path_factory):
    """Everything made, twice, with a deployed climb that ends early."""
    folder = tmp_path_factory.mktemp("automated") / "task"
    # Its examples are missing: a run that was started is seen, and costs nothing.
    brief = write_brief(folder, name="automated")
    env = {**prefect_env, "HOOK": listener[0]}
    with serving(brief, prefect_env):
        wanted = ("--webhook-env", "HOOK", "--start-climb", "automated")
        first, second = automate(env, *wanted), automate(env, *wanted)
        (folder / "train.jsonl").unlink()
        yield prefect_env["PREFECT_API_URL"], first, second


def emit(api, event, name, payload):
    """An event as the flows emit it."""
    body = {
        "id": str(uuid.uuid4()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": event,
        "resource": {"prefect.resource.id": f"suffice.brief.{name}"},
        "payload": payload,
    }
    assert 204 == ask(f"{api}/events", [body])[0]


def test_applied_twice_there_is_one_of_each(applied):
    """Whoever deploys from CI runs it a hundred times."""
    api, first, second = applied
    found = ask(f"{api}/automations/filter", {})[1]
    names = sorted(a["name"] for a in found if "suffice" in a["tags"])

    assert (0, 5) == (first[0], first[1].count("created: ")), first[1]
    assert (0, 5) == (second[0], second[1].count("updated: ")), second[1]
    assert len(set(names)) == len(names) == 5


def test_a_retirement_reaches_the_webhook(applied, listener):
    """A model that is switched off in a week is not to be found in a log."""
    payload = {"text": 'The model that "runs" is switched off.', "days_left": 7}
    emit(applied[0], "suffice.model.retires", "quoted", payload)
    found = wait_for(lambda: [h for h in listener[1] if h["about"].endswith("quoted")])

    assert ("suffice.model.retires", payload) == (
        found[0]["event"],
        found[0]["payload"],
    )


def test_a_flip_starts_the_climb_of_its_own_brief_only(applied):
    """Another task's flip must not spend this one's money."""
    api = applied[0]
    emit(api, "suffice.verdict.flipped", "another", {"text": "flipped"})
    emit(api, "suffice.verdict.flipped", "automated", {"text": "flipped"})

    def climbs():
        flows = {"flows": {"name": {"any_": ["climb"]}}}
        asked = {"deployments": {"name": {"any_": ["automated"]}}, **flows}
        return ask(f"{api}/flow_runs/filter", asked)[1]

    assert 1 == len(wait_for(climbs))


def test_a_failed_recheck_is_told(applied, listener):
    """A re-check that fails every night looks like one that finds nothing."""
    api = applied[0]
    started = start(api, "recheck/automated")

    def heard():
        return [h for h in listener[1] if h["about"].endswith(started)]

    assert "prefect.flow-run.Failed" == wait_for(heard)[0]["event"]
