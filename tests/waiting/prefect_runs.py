"""Asks a Prefect server about its runs, as anybody may by its API."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).parents[2]
T = TypeVar("T")


def ask(url: str, body: Any = None) -> Any:
    """What the API answers; ``None`` while it does not or knows no such thing."""
    request = urllib.request.Request(
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")
    except (urllib.error.URLError, OSError):
        return None


def until(look: Callable[[], T | None], timeout_s: float = 240) -> T:
    """What *look* finds, once it finds something."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.5)
    raise AssertionError(f"nothing within {timeout_s} s")


@contextmanager
def served(brief: Path, env: Mapping[str, str]) -> Iterator[None]:
    """The deployments of the brief, run by a process of their own while it holds."""
    with brief.with_name("serve.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "deployments.serve", str(brief)],
            cwd=ROOT,
            env=dict(env),
            stdout=log,
            stderr=log,
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def trigger(api: str, name: str) -> str:
    """Id of a new run of the climb deployed under *name*."""
    found = until(lambda: ask(f"{api}/deployments/name/climb/{name}"))
    url = f"{api}/deployments/{found['id']}/create_flow_run"
    # A busy server answers 503 now and then; the key makes asking again safe.
    once = {"idempotency_key": f"{name}-{time.time_ns()}"}
    return str(until(lambda: ask(url, once))["id"])


def runs_of(api: str, name: str) -> list[dict[str, Any]]:
    """Every run of the climb deployed under *name*, oldest first."""
    wanted = {
        "deployments": {"name": {"any_": [name]}},
        "flows": {"name": {"any_": ["climb"]}},
        "sort": "START_TIME_ASC",
    }
    return ask(f"{api}/flow_runs/filter", wanted) or []


def states_of(api: str, name: str) -> list[str]:
    """The names of their states."""
    return [run["state"]["name"] for run in runs_of(api, name)]


def wake(api: str, name: str) -> None:
    """Let the one run that waits look now, as a webhook would."""
    (waits,) = (r for r in runs_of(api, name) if r["state"]["name"] == "AwaitingJob")
    state = {"type": "SCHEDULED", "name": "AwaitingJob"}
    until(lambda: ask(f"{api}/flow_runs/{waits['id']}/set_state", {"state": state}))
