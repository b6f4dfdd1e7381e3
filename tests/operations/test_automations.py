"""Automations: an event that is emitted reaches somebody, or starts a climb."""

import json
import subprocess
import sys
import threading
import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from flow_briefs import write_brief
from operating import ROOT, ask, ended, serving, start, wait_for
from receivers import mail_server

from deployments.lost_runs import ending_lost, ending_unbegun


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


@pytest.fixture(scope="module")
def mail():
    """Address of a mailbox on loopback, and what arrives there."""
    with mail_server() as (port, received):
        who = "from=suffice@example.com&to=team@example.com"
        yield f"mailto://127.0.0.1:{port}/?{who}", received


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
def applied(prefect_env, listener, mail, tmp_path_factory):
    """Everything made, twice, with a deployed climb that ends early."""
    folder = tmp_path_factory.mktemp("automated") / "task"
    # Its examples are missing: a run that was started is seen, and costs nothing.
    brief = write_brief(folder, name="automated")
    env = {**prefect_env, "HOOK": listener[0], "MAIL": mail[0]}
    with serving(brief, prefect_env):
        told = ("--webhook-env", "HOOK", "--email-env", "MAIL")
        wanted = (*told, "--start-climb", "automated")
        first, second = automate(env, *wanted), automate(env, *wanted)
        (folder / "train.jsonl").unlink()
        yield prefect_env["PREFECT_API_URL"], first, second


def counts(said):
    return said.count("created: "), said.count("updated: ")


def emit(api, event, resource, payload=None, related=()):
    """An event as the flows, or Prefect for them, emit it."""
    body = {
        "id": str(uuid.uuid4()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": event,
        "resource": {"prefect.resource.id": resource},
        "related": list(related),
        "payload": payload or {},
    }
    assert 204 == ask(f"{api}/events", [body])[0]


def made(url, body):
    """Id of what is made by a POST; a busy server is asked again."""

    def found():
        status, content = ask(url, body)
        return content["id"] if status in (200, 201) else None

    return wait_for(found)


def begun(api, flow, **state):
    """Ids of the flow and of a new run in that state, of which no process knows."""
    flow_id = made(f"{api}/flows/", {"name": flow})
    return flow_id, made(f"{api}/flow_runs/", {"flow_id": flow_id, "state": state})


def test_applied_twice_there_is_one_of_each(applied):
    """Whoever deploys from CI runs it a hundred times."""
    api, first, second = applied
    found = ask(f"{api}/automations/filter", {})[1]
    names = sorted(a["name"] for a in found if "suffice" in a["tags"])

    # The other two were there from the moment that something was served.
    assert (0, 5, 2) == (first[0], *counts(first[1])), first[1]
    assert (0, 0, 7) == (second[0], *counts(second[1])), second[1]
    assert len(set(names)) == len(names) == 7


def test_a_retirement_reaches_the_webhook(applied, listener):
    """A model that is switched off in a week is not to be found in a log."""
    payload = {"text": 'The model that "runs" is switched off.', "days_left": 7}
    emit(applied[0], "suffice.model.retires", "suffice.brief.quoted", payload)
    found = wait_for(lambda: [h for h in listener[1] if h["about"].endswith("quoted")])

    assert ("suffice.model.retires", payload) == (
        found[0]["event"],
        found[0]["payload"],
    )


def test_a_flip_arrives_by_e_mail(applied, mail):
    """Sent by Prefect's server itself; texts are no HTML, whatever is in them."""
    said = {"text": "few-shot <b>no longer</b> suffices"}
    emit(applied[0], "suffice.verdict.flipped", "suffice.brief.mailed", said)

    def arrived():
        subject = "suffice: a verdict has flipped"
        texts = [m.get_content() for m in mail[1] if subject == m["subject"]]
        return [text for text in texts if said["text"] in text]

    assert 1 == len(wait_for(arrived))
    assert "text/plain" == mail[1][0].get_content_type()


def test_a_flip_starts_the_climb_of_its_own_brief_only(applied):
    """Another task's flip must not spend this one's money."""
    api = applied[0]
    for name in ("another", "automated"):
        flipped = {"text": "flipped"}
        emit(api, "suffice.verdict.flipped", f"suffice.brief.{name}", flipped)

    def climbs():
        flows = {"flows": {"name": {"any_": ["climb"]}}}
        asked = {"deployments": {"name": {"any_": ["automated"]}}, **flows}
        return ask(f"{api}/flow_runs/filter", asked)[1]

    assert 1 == len(wait_for(climbs))


def test_a_failed_recheck_is_told(applied, listener):
    """
    A re-check that fails every night looks like one that finds nothing.

    Prefect keeps an event back for 15 minutes when the one before it was lost, as may
    happen where the machine is busy: then another run is looked at.
    """
    failed, runs = "prefect.flow-run.Failed", []

    def heard():
        told = {(h["event"], h["about"].rpartition(".")[2]) for h in listener[1]}
        return [run for run in runs if (failed, run) in told]

    for _ in range(3):
        runs.append(start(applied[0], "recheck/automated"))
        with suppress(AssertionError):
            wait_for(heard, 90)
            break

    assert heard()


def test_a_late_recheck_is_told(applied, listener):
    """A worker that is gone fails nothing: its runs are only never begun."""
    due = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    details = {"scheduled_time": due}
    _, run = begun(applied[0], "recheck", type="SCHEDULED", state_details=details)

    def heard():
        return [h for h in listener[1] if h["about"].endswith(run)]

    assert "prefect.flow-run.Late" == wait_for(heard)[0]["event"]


@pytest.fixture(scope="module")
def silent(prefect_env):
    """
    States of runs that gave a last sign of life, once the silence was noticed.

    Of flows of its own, and after seconds: other tests' runs must not be ended.
    """
    api = prefect_env["PREFECT_API_URL"]
    short = timedelta(seconds=10)
    watches = [
        made(f"{api}/automations/", wanted.model_dump(mode="json"))
        for wanted in (ending_lost(["lost"], short), ending_unbegun(["taken"], short))
    ]
    runs = {flow: begun(api, flow, type="RUNNING") for flow in ("lost", "foreign")}
    for flow, (flow_id, run) in runs.items():
        known = {"prefect.resource.role": "flow", "prefect.resource.name": flow}
        about = [{"prefect.resource.id": f"prefect.flow.{flow_id}", **known}]
        last = "prefect.flow-run.heartbeat"
        emit(api, last, f"prefect.flow-run.{run}", related=about)
    # As a worker leaves it that dies between taking a run and starting its process.
    for state in ("Pending", "Submitting"):
        runs[state] = begun(api, "taken", type="PENDING", name=state)
    try:
        gone = {which: ended(api, runs[which][1]) for which in runs if which[0] != "f"}
    finally:
        for watch in watches:
            ask(f"{api}/automations/{watch}", method="DELETE")
    foreign = ask(f"{api}/flow_runs/{runs['foreign'][1]}")[1]["state"]
    return {**gone, "foreign": foreign}


def test_a_run_whose_process_is_gone_is_ended_while_nobody_looks(silent):
    """For ever *running*, it would hold the one place of its task's climbs."""
    assert "CRASHED" == silent["lost"]["type"]
    assert "Start it again, and it goes on." in silent["lost"]["message"]


@pytest.mark.parametrize("state", ["Pending", "Submitting"])
def test_a_run_whose_worker_died_before_it_began_is_ended(silent, state):
    """It has no process that could be missed, and would be *pending* for ever."""
    assert "CRASHED" == silent[state]["type"]
    assert "A worker took it and it did not begin" in silent[state]["message"]


def test_runs_of_other_peoples_flows_are_left_alone(silent):
    """A team's server runs more than ours, and theirs may be silent by design."""
    assert "RUNNING" == silent["foreign"]["type"]
