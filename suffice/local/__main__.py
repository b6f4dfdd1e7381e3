"""
``python -m suffice.local --root DIR``: the embedded server as a process.

When it is ready it writes ``<root>/server.json``.  It holds a lock on
``<root>/server.lock`` while it lives, so that a root never has two servers and
anybody can see that there is one.  It listens on loopback unless told otherwise:
it has no authentication.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import IO

# Idle threads sleep instead of spinning: the machine is shared with training.
# Read when the engine's libraries are loaded, hence before they are imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import uvicorn
from fastapi import FastAPI

from suffice import __version__
from suffice.errors import EnvironmentFailed
from suffice.files import write_atomically
from suffice.local.activity import Activity
from suffice.local.app import create_app
from suffice.local.job_store import TERMINAL, JobStore
from suffice.local.memory import reuse_large_pieces
from suffice.local.weights import BASES, base_folder_apart
from suffice.services.guard import LOOPBACK, Guard

LOOK_EVERY_S = 1.0
LOCK_S = 1.0
"""How long to try for the lock, which those who look for a server hold briefly."""
GRACE_S = 5
"""How long requests in work may take once the server is to stop."""


class _Server(uvicorn.Server):
    """Says where it listens, and leaves when nobody needs it."""

    def __init__(
        self, config: uvicorn.Config, *, root: Path, url: str, idle_s: float
    ) -> None:
        super().__init__(config)
        self._root = root
        self._url = url
        self._idle_s = idle_s
        self.activity = Activity()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            state = {"pid": os.getpid(), "url": self._url, "version": __version__}
            write_atomically(self._root / "server.json", json.dumps(state))
            if self._idle_s:
                threading.Thread(target=self._watch, daemon=True).start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # First of all, so that nobody finds a server that is about to leave.
        (self._root / "server.json").unlink(missing_ok=True)
        await super().shutdown(sockets)

    def _watch(self) -> None:
        pause = threading.Event()
        while not pause.wait(min(LOOK_EVERY_S, self._idle_s)):
            if _is_training(self._root):
                self.activity.touch()
            if self.activity.idle_s >= self._idle_s:
                self.should_exit = True
                return


def main() -> int:
    """Serve until told to stop; 3 when the machine does not allow it."""
    reuse_large_pieces()
    chosen = _arguments()
    root = chosen.root.resolve()
    root.mkdir(parents=True, exist_ok=True)
    with (root / "server.lock").open("a+") as lock:
        try:
            _own(lock, root)
            for base in BASES:
                base_folder_apart(root, base)
            _serve(root, chosen)
        except (EnvironmentFailed, OSError) as error:
            sys.stderr.write(f"{error}\n")
            return 3
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m suffice.local")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--idle-minutes", type=float, default=30, help="0: stay")
    return parser.parse_args()


def _own(lock: IO[str], root: Path) -> None:
    end = time.monotonic() + LOCK_S
    while not _locked(lock):
        if time.monotonic() > end:
            lock.seek(0)
            raise EnvironmentFailed(
                f"Another embedded server, process {lock.read()}, already serves "
                f"{root}: use that one or stop it."
            )
        time.sleep(0.01)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _guarded(app: FastAPI, host: str) -> FastAPI | Guard:
    """On loopback closed to web pages; elsewhere it is meant to have other names."""
    return Guard(app) if host in LOOPBACK else app


def _serve(root: Path, chosen: argparse.Namespace) -> None:
    bound = socket.create_server((chosen.host, chosen.port))
    host, port = bound.getsockname()[:2]
    config = uvicorn.Config(
        # Made below: the application needs the server's activity.
        app=lambda: _guarded(create_app(root, activity=server.activity), chosen.host),
        factory=True,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_S,
    )
    server = _Server(
        config,
        root=root,
        url=f"http://{host}:{port}/v1",
        idle_s=chosen.idle_minutes * 60,
    )
    server.run(sockets=[bound])


def _is_training(root: Path) -> bool:
    return any(job["status"] not in TERMINAL for job in JobStore(root).list())


if __name__ == "__main__":
    sys.exit(main())
