"""
Finds, starts and stops the embedded model server of a folder.

The server is a process of its own that outlives the command that needed it.  What
tells whether it lives is the lock it holds, not its process number: numbers are
used again, and a killed child of ours stays a zombie.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from suffice import __version__
from suffice.errors import EnvironmentFailed

_POLL_S = 0.1
_HEALTH_TIMEOUT_S = 5.0
_STOP_S = 20.0


def ensure_server(root: Path, *, idle_minutes: int = 30, timeout_s: float = 180) -> str:
    """
    Base URL (``http://127.0.0.1:<port>/v1``) of the server for *root*.

    A running one is used, otherwise one is started, which leaves by itself after
    *idle_minutes* without a request (0: never).  Callers at the same time start
    one.  Raises EnvironmentFailed with the log's last line when none comes up.
    """
    root = root.resolve()
    root.mkdir(parents=True, exist_ok=True)
    with _one_starter(root):
        url = _running(root, timeout_s)
        return url or _start(root, idle_minutes, timeout_s)


def running_url(root: Path) -> str | None:
    """Base URL of the server for *root*; ``None``: none runs."""
    root = root.resolve()
    return _healthy_url(root) if _owner(root) is not None else None


def stop_server(root: Path) -> bool:
    """Stop the server for *root*; says whether there was one."""
    root = root.resolve()
    pid = _owner(root)
    if pid is None:
        return False
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if _wait(lambda: _owner(root) != pid, _STOP_S):
            break
    (root / "server.json").unlink(missing_ok=True)
    return True


def _running(root: Path, timeout_s: float) -> str | None:
    """URL of a healthy server of this version; one of another version is stopped."""
    if _owner(root) is None:
        return None
    _wait(lambda: _healthy_url(root) is not None or _owner(root) is None, timeout_s)
    url = _healthy_url(root)
    if url is None:
        stop_server(root)
    return url


def _healthy_url(root: Path) -> str | None:
    try:
        url = str(json.loads((root / "server.json").read_text())["url"])
        address = url.removesuffix("/v1") + "/healthz"
        with urllib.request.urlopen(address, timeout=_HEALTH_TIMEOUT_S) as reply:
            state = json.load(reply)
    except (OSError, ValueError, KeyError, urllib.error.URLError):
        return None
    ours = {"root": str(root), "version": __version__, "pid": _owner(root)}
    return url if ours == {key: state.get(key) for key in ours} else None


def _start(root: Path, idle_minutes: int, timeout_s: float) -> str:
    (root / "server.json").unlink(missing_ok=True)
    log = root / "server.log"
    command = [sys.executable, "-m", "suffice.local", "--root", str(root)]
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*command, "--idle-minutes", str(idle_minutes)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _wait(lambda: process.poll() is not None or bool(_healthy_url(root)), timeout_s)
    url = _healthy_url(root)
    if url is None:
        process.kill()
        process.wait()
        raise EnvironmentFailed(
            f"The embedded server for {root} did not start within {timeout_s:g} s; "
            f"the end of {log} says: {_last_line(log)!r}."
        )
    process.returncode = 0  # It outlives us on purpose: no warning that it runs.
    return url


def _owner(root: Path) -> int | None:
    """Process number of the living server, if there is one."""
    lock = root / "server.lock"
    number = ""
    # Between taking the lock and writing its number a server has none yet.
    while not number.isdigit():
        try:
            with lock.open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
        except FileNotFoundError:
            return None
        except BlockingIOError:
            number = lock.read_text()
    return int(number)


def _wait(done: Callable[[], bool], timeout_s: float) -> bool:
    end = time.monotonic() + timeout_s
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(_POLL_S)
    return True


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else ""


@contextmanager
def _one_starter(root: Path) -> Iterator[None]:
    with (root / "start.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
