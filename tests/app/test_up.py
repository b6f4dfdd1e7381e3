"""``suffice up``: one command starts everything, one key stops it."""

import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from flow_briefs import write_brief

from suffice.services import served

ROOT = Path(__file__).parents[2]
SUFFICE = Path(sys.executable).with_name("suffice")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def fetch(url, body=None, auth=None):
    """What an address answers; ``None`` while it does not, or refuses."""
    coded = base64.b64encode((auth or "").encode()).decode()
    who = {"authorization": f"Basic {coded}"} if auth else {}
    request = urllib.request.Request(
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json", **who},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()
    except OSError:
        return None


def until(look, timeout_s=150):
    """What *look* finds, once it finds something."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.5)
    raise AssertionError(f"nothing within {timeout_s} s")


def start(folder, *options):
    """A running ``suffice up``, and what it prints."""
    log = folder / "screen.log"
    env = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    ports = ["--prefect-port", str(free_port()), "--mlflow-port", str(free_port())]
    with log.open("wb") as screen:
        process = subprocess.Popen(
            [SUFFICE, "up", "--output", str(folder / "out"), *ports, *options],
            cwd=ROOT,
            env={**env, "COLUMNS": "160"},
            stdout=screen,
            stderr=screen,
        )
    until(lambda: process.poll() is not None or "is up" in log.read_text(), 400)
    return process, log


def stop(process):
    """Ctrl-C, where it still runs; its exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    return process.wait(timeout=90)


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    """A running ``suffice up`` on a brief, and what it printed."""
    folder = tmp_path_factory.mktemp("up")
    process, log = start(folder, str(write_brief(folder / "task")))
    yield process, log
    stop(process)


def addresses(log):
    """Prefect's, MLflow's and the model's, as the screen names them."""
    return re.findall(r"http://127\.0\.0\.1:\d+\S*", log.read_text())[:3]


def test_up_starts_what_it_announces(up):
    """What the screen names answers, and the four flows can be triggered."""
    prefect, mlflow, model = addresses(up[1])
    found = json.loads(fetch(f"{prefect}/api/deployments/filter", {}))

    # At once: what is announced can be started.
    assert [("colours", "READY")] * 4 == [(d["name"], d["status"]) for d in found]
    assert b"true" == fetch(f"{prefect}/api/health")
    assert b"OK" == fetch(f"{mlflow}/health")
    assert b"smollm2" in fetch(f"{model.removesuffix('/v1')}/v1/models")


def test_without_a_brief_named_it_serves_the_one_that_lies_here(tmp_path, monkeypatch):
    """Whoever stands in a feature's folder means that feature."""
    monkeypatch.chdir(tmp_path)
    nothing_here = served.names(served.chosen([]))
    write_brief(tmp_path)

    assert (["support"], ["colours"]) == (
        nothing_here,
        served.names(served.chosen([])),
    )


def test_a_brief_that_cannot_be_used_is_refused_before_anything_starts(tmp_path):
    """A server that serves nothing looks, from outside, as if it did."""
    done = subprocess.run(
        [SUFFICE, "up", "missing.yaml", "--output", str(tmp_path / "out")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (2, []) == (done.returncode, [*tmp_path.iterdir()])
    assert "missing.yaml" in done.stderr


@pytest.mark.parametrize(
    "header", ["Host: evil.example", "Origin: https://evil.example"]
)
def test_no_server_answers_a_foreign_page(up, header):
    """A page that is open in the same browser must not use any of the three."""
    name, _, value = header.partition(": ")
    prefect, mlflow, model = addresses(up[1])
    refused = []
    for url in (
        f"{prefect}/api/flow_runs/filter",
        f"{mlflow}/api/2.0/mlflow/experiments/search",
        f"{model}/chat/completions",
    ):
        asked = urllib.request.Request(url, data=b"{}", headers={name: value})
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(asked, timeout=30)
        with refusal.value as answer:
            refused.append(answer.code)

    assert [403, 403, 403] == refused


def test_a_taken_port_is_refused_before_anything_starts(up, tmp_path):
    """A second server on the same port would be the wrong one, silently."""
    port = addresses(up[1])[0].rpartition(":")[2]
    done = subprocess.run(
        [SUFFICE, "up", "--output", str(tmp_path / "other"), "--prefect-port", port],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert 3 == done.returncode
    assert f"Port {port} for the Prefect server is taken" in done.stderr
    assert not (tmp_path / "other" / "prefect" / "server.log").exists()


def test_status_shows_the_same_addresses(up):
    """Another terminal, another day: where was it again?"""
    env = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    shown = subprocess.run(
        [SUFFICE, "status", "--output", up[1].with_name("out")],
        env={**env, "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert [] == [url for url in addresses(up[1]) if url not in shown]


def test_sigterm_stops_all_of_it_whatever_comes_after(up):
    """
    As Ctrl-C does: a service manager sends it.

    Nothing is left listening, also where somebody cannot wait and presses Ctrl-C.
    """
    process, log = up
    process.terminate()
    until(lambda: process.poll() is not None or "stopping" in log.read_text())

    assert 0 == stop(process), log.read_text()
    assert [None] * 3 == [fetch(url) for url in addresses(log)]


def test_started_again_it_knows_everything_and_asks_for_the_password(up):
    """What was deployed is still there; with ``--auth`` it is no longer open to all."""
    folder = up[1].parent
    process, log = start(folder, "--auth")
    prefect, mlflow, _ = addresses(log)
    password = (folder / "out/prefect/auth").read_text()
    asked = f"{prefect}/api/deployments/name/climb/colours"
    try:
        assert [None, None] == [fetch(asked), fetch(f"{mlflow}/version")]
        assert password not in log.read_text()
        assert b"colours" in fetch(asked, auth=password)
        assert fetch(f"{mlflow}/version", auth=password)
    finally:
        down = [SUFFICE, "down", "--output", folder / "out"]
        subprocess.run(down, check=True, capture_output=True, timeout=120)
        # Whoever serves deployments of a server that is gone only looks as if.
        assert 0 == process.wait(timeout=90), log.read_text()
