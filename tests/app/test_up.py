"""``suffice up``: one command starts everything, one key stops it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUFFICE = Path(sys.executable).with_name("suffice")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def fetch(url, body=None):
    """What an address answers; ``None`` while it does not."""
    request = urllib.request.Request(
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json"},
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


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    """A running ``suffice up``, its addresses, and what it printed."""
    folder = tmp_path_factory.mktemp("up")
    log = folder / "screen.log"
    env = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    ports = ["--prefect-port", str(free_port()), "--mlflow-port", str(free_port())]
    with log.open("wb") as screen:
        process = subprocess.Popen(
            [SUFFICE, "up", "--output", str(folder / "out"), *ports],
            cwd=ROOT,
            env={**env, "COLUMNS": "160"},
            stdout=screen,
            stderr=screen,
        )
    until(lambda: process.poll() is not None or "is up" in log.read_text())
    yield process, log
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def addresses(log):
    """Prefect's, MLflow's and the model's, as the screen names them."""
    return re.findall(r"http://127\.0\.0\.1:\d+\S*", log.read_text())[:3]


def test_up_starts_what_it_announces(up):
    """What the screen names answers, and the four flows can be triggered."""
    prefect, mlflow, model = addresses(up[1])
    found = until(
        lambda: (
            len(json.loads(fetch(f"{prefect}/api/deployments/filter", {}) or "[]")) == 4
        )
    )

    assert found
    assert b"true" == fetch(f"{prefect}/api/health")
    assert b"OK" == fetch(f"{mlflow}/health")
    assert b"smollm2" in fetch(f"{model.removesuffix('/v1')}/v1/models")


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


def test_ctrl_c_stops_all_of_it(up):
    """Nothing is left listening; the last test of this file, for it stops them."""
    process, log = up
    process.send_signal(signal.SIGINT)

    assert 0 == process.wait(timeout=90), log.read_text()
    assert [None] * 3 == [fetch(url) for url in addresses(log)]
