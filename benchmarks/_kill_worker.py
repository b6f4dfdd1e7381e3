"""A climb that a worker runs, started at the Prefect server; how both are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass

import psutil

from benchmarks._kill_site import ROOT, Run, Site

sys.path.insert(0, str(ROOT / "tests/waiting"))

_MARK = "PREFECT__FLOW_RUN_ID"


@dataclass(kw_only=True)
class ServedSite(Site):
    """A site whose climb is a deployment, and the worker that serves it."""

    _worker: subprocess.Popen[bytes] | None = None

    def start(self) -> Run:
        """A new run of the deployment, once what is missing has been started."""
        from prefect_runs import trigger

        env = self.services.env()
        self._serve(env)
        api = env["PREFECT_API_URL"]
        return _ServedRun(api=api, id=trigger(api, self.name))

    def present(self, victim: str) -> bool:
        return victim in ("worker", "pod") or super().present(victim)

    def kill(self, victim: str, flow: Run) -> bool:
        if victim not in ("worker", "pod"):
            return super().kill(victim, flow)
        assert self._worker is not None
        self._worker.kill()
        self._worker.wait()
        if victim == "pod":
            flow.kill()
        self.kills[victim] += 1
        # As whoever watches over a worker starts it again.
        self._serve(self.services.env())
        return True

    def stop(self) -> None:
        if self._worker is not None:
            self._worker.kill()
            self._worker.wait()
        super().stop()

    def _serve(self, env: dict[str, str]) -> None:
        if self._worker is not None and self._worker.poll() is None:
            return
        with self.log.open("ab") as log:
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "deployments.serve", str(self.brief)],
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


@dataclass(kw_only=True)
class _ServedRun:
    """One run, as the Prefect server knows it."""

    api: str
    id: str
    _killed: bool = False

    def poll(self) -> int | None:
        from prefect_runs import ask

        if self._killed:
            return -signal.SIGKILL
        state = (ask(f"{self.api}/flow_runs/{self.id}") or {}).get("state") or {}
        if state.get("type") in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"):
            return 0 if state["type"] == "COMPLETED" else 1
        return None

    def kill(self) -> None:
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(_MARK) == self.id and _flows(process):
                    self._killed = True
                    os.kill(process.pid, signal.SIGKILL)

    def wait(self, timeout_s: float) -> int:
        end = time.monotonic() + timeout_s
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(self.id, timeout_s)
            time.sleep(0.5)
        return code


def _flows(process: psutil.Process) -> bool:
    """Whether it runs the flow; the model's server has its environment too."""
    return not any("suffice.local" in word for word in process.cmdline())
