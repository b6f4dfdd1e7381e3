"""What a person, a program and a browser do with a running Prefect server."""

import base64
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
SUFFICE = Path(sys.executable).with_name("suffice")
CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
)
_ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED", "PAUSED")


def ask(url, body=None, *, method=None, headers=None, auth=None):
    """Status and JSON of an answer, whatever the status is."""
    sent = {"content-type": "application/json", **(headers or {})}
    if auth:
        sent["authorization"] = f"Basic {base64.b64encode(auth.encode()).decode()}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, _content(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _content(error.read())


def _content(text):
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text.decode(errors="replace")


def wait_for(look, timeout_s=240):
    """What *look* finds, once it finds something; a silent server is asked again."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        with suppress(TimeoutError):
            if found := look():
                return found
        time.sleep(0.5)
    raise AssertionError(f"nothing within {timeout_s} s")


@contextmanager
def serving(brief, env):
    """The deployments of a brief, served by a process of their own."""
    path = brief.with_name("serve.log")
    with path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "deployments.serve", brief],
            cwd=ROOT,
            env=env,
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(lambda: process.poll() is not None or _serves(path))
            assert process.poll() is None, path.read_text()[-3000:]
            yield path
        finally:
            process.terminate()
            process.wait(timeout=30)


def _serves(log):
    return "trigger your deployments" in " ".join(log.read_text().split())


def deployment_id(api, name, auth=None):
    """Id of ``flow/deployment``, once it is there."""

    def found():
        status, content = ask(f"{api}/deployments/name/{name}", auth=auth)
        return content["id"] if status == 200 else None

    return wait_for(found)


def start(api, name, body=None):
    """Id of a new run of a deployment; a busy server is asked again for the same."""
    url = f"{api}/deployments/{deployment_id(api, name)}/create_flow_run"
    once = {"idempotency_key": str(uuid.uuid4()), **(body or {})}

    def created():
        status, content = ask(url, once)
        return content["id"] if status in (200, 201) else None

    return wait_for(created)


def ended(api, run_id):
    """State of a run that goes no further by itself."""

    def state():
        found = ask(f"{api}/flow_runs/{run_id}")[1].get("state") or {}
        return found if found.get("type") in _ENDED else None

    return wait_for(state)
