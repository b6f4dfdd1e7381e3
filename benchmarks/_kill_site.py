"""A climb, its servers and its output folder, and how each of them is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from suffice.registry.record import Registry
from suffice.services import known, servers
from suffice.services.local_server import stop_server
from suffice.workspace import Workspace

ROOT = Path(__file__).parents[1]
LONGEST_S = 300.0
"""How long one run of the climb may take, machine and all."""


@dataclass(kw_only=True)
class Site:
    """One brief, its output folder, and the servers it reports to."""

    brief: Path
    name: str
    output: Path
    prefect: servers.Service
    mlflow: servers.Service
    kills: Counter[str] = field(default_factory=Counter)

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.output)

    def start(self) -> subprocess.Popen[bytes]:
        """The climb as a user starts it; whatever server is missing is started."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
        env["PREFECT_API_URL"] = f"{servers.ensure(self.prefect)}/api"
        env["PREFECT_HOME"] = str(self.brief.parent / "prefect-home")
        env["MLFLOW_TRACKING_URI"] = servers.ensure(self.mlflow)
        with (self.brief.parent / "flow.log").open("ab") as log:
            return subprocess.Popen(
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
            if self.start().wait(timeout=LONGEST_S) == 0:
                return
        raise AssertionError((self.brief.parent / "flow.log").read_text()[-3000:])

    def kill(self, victim: str, flow: subprocess.Popen[bytes]) -> bool:
        """``kill -9`` of the victim; False where there is none now."""
        if victim == "flow":
            killed = flow.poll() is None
            with suppress(ProcessLookupError):
                os.killpg(flow.pid, signal.SIGKILL)
            flow.wait()
        else:
            killed = sum(map(_kill, self._pids(victim))) > 0
        self.kills[victim] += killed
        if victim in ("prefect", "mlflow"):
            # As whoever watches over a server starts it again.
            servers.ensure(getattr(self, victim))
        return killed

    def stop(self) -> None:
        """Leave no process behind."""
        stop_server(self.workspace.local)
        for service in (self.prefect, self.mlflow):
            servers.stop(service)

    def _pids(self, victim: str) -> list[int]:
        root = str(self.workspace.local.resolve())
        asked = {
            "embedded": lambda line: "suffice.local" in line and root in line,
            "trainer": lambda line: "suffice.local.train_job" in line and root in line,
            "prefect": self._runs(self.prefect),
            "mlflow": self._runs(self.mlflow),
        }[victim]
        return [p.pid for p in psutil.process_iter() if asked(_command(p))]

    @staticmethod
    def _runs(service: servers.Service) -> Callable[[list[str]], bool]:
        port = str(service.preferred_port)
        module = "prefect" if "Prefect" in service.name else "mlflow"
        return lambda line: port in line and module in " ".join(line)


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


def site_of(brief: Path, name: str) -> Site:
    """A site for this brief, with servers of its own beside it."""
    folder = brief.parent
    output = folder / "out"
    registry = Registry(output)
    output.mkdir(parents=True)
    return Site(
        brief=brief,
        name=name,
        output=output,
        prefect=known.prefect_service(folder / "prefect", _free_port()),
        mlflow=known.mlflow_service(
            folder / "mlflow",
            registry.default_store,
            registry.default_artifacts,
            _free_port(),
        ),
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((servers.HOST, 0))
        return int(probe.getsockname()[1])
