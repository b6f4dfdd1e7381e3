"""A climb, its servers and its output folder, and how each of them is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psutil

from benchmarks._kill_services import Services
from suffice.journal import Follower
from suffice.local.job_store import JobStore
from suffice.local.runner import MAX_STARTS
from suffice.services.local_server import stop_server
from suffice.workspace import Workspace

ROOT = Path(__file__).parents[1]
LONGEST_S = 300.0
"""How long one run of the climb may take, machine and all."""


class DidNotEnd(Exception):
    """A climb that was run again and again has come to no verdict; its last words."""


class Run(Protocol):
    """One run of the climb, which may be killed."""

    def poll(self) -> int | None:
        """Its code, 0 for a verdict; ``None`` while it runs."""
        ...

    def kill(self) -> None:
        """``kill -9``, where it still runs."""
        ...

    def wait(self, timeout_s: float) -> int:
        """Its code, once it has ended."""
        ...


class _Command(subprocess.Popen[bytes]):
    """A climb in a session of its own."""

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


@dataclass(kw_only=True)
class Site:
    """One brief, its output folder, and the servers it reports to."""

    brief: Path
    name: str
    output: Path
    services: Services
    kills: Counter[str] = field(default_factory=Counter)
    pause_s: float = 3.0
    """Between two kills, on average: the climb is to get on meanwhile."""

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.output)

    @property
    def log(self) -> Path:
        """What the climb says, run after run."""
        return self.brief.parent / "flow.log"

    @property
    def standing(self) -> str:
        """What the climb was doing when it last told."""
        told = self._told[-1] if self._told else {"event": "nothing told"}
        if "loss" in told:
            return "training"
        return str(told.get("rung") or told.get("text", told["event"]))[:40]

    @property
    def took_s(self) -> float:
        """Seconds from the first to the last that the climb has told."""
        return float(self._told[-1]["at"] - self._told[0]["at"])

    @property
    def _told(self) -> list[dict[str, Any]]:
        return [*Follower(self.workspace.journal).new()]

    def start(self) -> Run:
        """The climb as a user starts it; whatever server is missing is started."""
        env = self.services.env()
        with self.log.open("ab") as log:
            return _Command(
                [sys.executable, "-m", "flows", "climb", str(self.brief)],
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def finish(self) -> None:
        """Run the climb until it ends by itself; run again while servers recover."""
        for _ in range(4):
            with suppress(subprocess.TimeoutExpired):
                if self.start().wait(LONGEST_S) == 0:
                    return
        raise DidNotEnd(self.log.read_text()[-3000:])

    def present(self, victim: str) -> bool:
        """
        Whether it may be killed now.

        A trainer may not on its last start: training that dies three times without
        getting further has failed, which is another promise.
        """
        if victim == "trainer":
            store = JobStore(self.workspace.local)
            if any(store.attempts(j["id"]) >= MAX_STARTS for j in store.list()):
                return False
        return victim == "flow" or bool(self._pids(victim))

    def kill(self, victim: str, flow: Run) -> bool:
        """``kill -9`` of the victim; False where there is none now."""
        if victim == "flow":
            killed = flow.poll() is None
            flow.kill()
            flow.wait(LONGEST_S)
        else:
            killed = sum(map(_kill, self._pids(victim))) > 0
        self.kills[victim] += killed
        if victim in ("prefect", "mlflow", "s3"):
            self.services.restart(victim)
        return killed

    def stop(self) -> None:
        """Leave no process of this climb behind."""
        stop_server(self.workspace.local)
        for pid in self._pids("trainer"):
            _kill(pid)

    def _pids(self, victim: str) -> list[int]:
        local = str(self.workspace.local.resolve())
        wanted = {
            "embedded": {"suffice.local", local},
            "trainer": {"suffice.local.train_job", local},
            "prefect": {"--port", self.services.port("prefect")},
            "mlflow": {"--port", self.services.port("mlflow")},
            "s3": {"--port", self.services.port("s3")},
        }[victim]
        return [p.pid for p in psutil.process_iter() if wanted <= set(_command(p))]


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return []


def site_of(
    brief: Path,
    name: str,
    services: Services | None = None,
    kind: type[Site] = Site,
) -> Site:
    """A site for this brief; without *services*, with servers of its own beside it."""
    output = brief.parent / "out"
    output.mkdir(parents=True)
    return kind(
        brief=brief,
        name=name,
        output=output,
        services=services or Services.of(brief.parent / "services"),
    )
