"""
Runs a flow as a child process and shows its journal.

The flows live in the checkout, not in the wheel, and need Prefect; this module only
starts them.  Ctrl-C is passed on once: the child stops where it can be resumed.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from rich.console import Console

from suffice.app import exits
from suffice.app.progress import View, follow
from suffice.errors import EnvironmentFailed
from suffice.journal import Follower, Journal
from suffice.services import access, known, servers
from suffice.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a flow ended."""

    code: int
    view: View
    log: Path


def run_flow(
    name: str,
    brief_path: Path,
    workspace: Workspace,
    console: Console,
    *,
    approved: bool = False,
) -> Ended:
    """
    Run the flow *name* on the brief and show it until it ends.

    *approved*: a person has approved whatever the brief's budget allows.
    Raises `EnvironmentFailed` when the flows or a Prefect server cannot be had.
    """
    if importlib.util.find_spec("flows") is None:
        raise EnvironmentFailed(
            "The package 'flows' is not importable: run this from a checkout of "
            "suffice, installed with 'make install'."
        )
    journal = Journal(workspace.root / f"{name}.journal.jsonl")
    journal.path.unlink(missing_ok=True)  # type: ignore[union-attr]
    env = {**os.environ, **prefect_env(workspace, console), **journal.env()}
    approval = ["--approved"] if approved else []
    log = workspace.root / f"{name}.log"
    with log.open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "flows", name, str(brief_path), *approval],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    follower = Follower(journal.path)  # type: ignore[arg-type]
    with _interrupt_passed_to(child) as interrupted:
        view = follow(console, follower, lambda: child.poll() is not None)
    code = exits.INTERRUPTED if interrupted else child.returncode
    return Ended(code=code, view=view, log=log)


def prefect_env(workspace: Workspace, console: Console) -> dict[str, str]:
    """
    Environment that leads to a Prefect server.

    The configured one where there is one; else one on this machine, started when
    none runs; ``SUFFICE_EPHEMERAL=1`` leaves it to Prefect's own ephemeral server.
    """
    if os.environ.get("PREFECT_API_URL") or os.environ.get("SUFFICE_EPHEMERAL"):
        return {}
    home = workspace.prefect
    service = known.prefect_service(home, auth=access.kept(home))
    url = servers.running(service)
    if url is None:
        with console.status("starting the local Prefect server"):
            url = servers.ensure(service)
    return access.client_env(home, url)


@contextmanager
def _interrupt_passed_to(child: subprocess.Popen[bytes]) -> Iterator[list[int]]:
    """While it holds, Ctrl-C interrupts the child, and a second one ends it."""
    seen: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        del frame
        seen.append(number)
        signals = signal.SIGINT if len(seen) == 1 else signal.SIGKILL
        os.killpg(child.pid, signals)

    before = {s: signal.signal(s, pass_on) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
