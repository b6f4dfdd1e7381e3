"""The process that runs the deployed flows of some briefs, beside local servers."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from suffice.brief_io import load_brief
from suffice.errors import EnvironmentFailed
from suffice.services.prefect_api import PrefectApi

FLOWS = ("check", "climb", "tune", "recheck")
"""What is deployed for each brief, under its name."""
_OURS = Path("brief.yaml")


def chosen(briefs: Sequence[Path]) -> list[Path]:
    """
    The briefs to serve: those named, else ``./brief.yaml``, else the example's.

    Raises `EnvironmentFailed` outside a checkout.
    """
    spec = importlib.util.find_spec("deployments")
    if spec is None or spec.origin is None:
        raise EnvironmentFailed(
            "The package 'deployments' is not importable: run this from a checkout "
            "of suffice, installed with 'make install'."
        )
    example = Path(spec.origin).parents[1] / "examples/support/brief.yaml"
    return list(briefs) or [_OURS if _OURS.exists() else example]


def names(briefs: Sequence[Path]) -> list[str]:
    """
    What the briefs are called, which is what their deployments are called.

    Raises `BadBrief` when one cannot be used.
    """
    return [load_brief(path).name for path in briefs]


def start(
    briefs: Sequence[Path], env: Mapping[str, str], log: Path
) -> subprocess.Popen[bytes]:
    """The process, with *env* on top of this one's; what it says goes to *log*."""
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "deployments.serve", *map(str, briefs)],
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )


def end(process: subprocess.Popen[bytes], *, grace_s: float = 30.0) -> None:
    """Stop the process, and with it what it runs; a few seconds for a busy one."""
    process.terminate()
    try:
        process.wait(timeout=grace_s)
    except subprocess.TimeoutExpired:
        process.kill()


def wait_until_there(
    process: subprocess.Popen[bytes],
    api: PrefectApi,
    named: Sequence[str],
    log: Path,
    *,
    timeout_s: float = 300.0,
) -> None:
    """
    Until every deployment can be started.

    Raises `EnvironmentFailed` with the log's name when the process ends before.
    """
    wanted = {(flow, name) for flow in FLOWS for name in named}
    end = time.monotonic() + timeout_s
    while process.poll() is None and time.monotonic() < end:
        with suppress(EnvironmentFailed):  # A busy server is asked again.
            if wanted <= _deployed(api):
                return
        time.sleep(0.5)
    raise EnvironmentFailed(
        f"The deployments of {', '.join(named)} were not served; the end of {log} "
        "says why."
    )


def _deployed(api: PrefectApi) -> set[tuple[str, str]]:
    """Flow and name of each deployment that has a process to run it."""
    flows = {flow["id"]: flow["name"] for flow in api.post("/flows/filter", {})}
    found = api.post("/deployments/filter", {"limit": 200})
    return {
        (flows.get(one["flow_id"], ""), one["name"])
        for one in found
        if one.get("status") == "READY"
    }
