"""
Starts, finds and stops local servers.

A server is a process of its own with its log in a file, so that it outlives the
command that needed it and the next command finds it.  ``prefect server start
--background`` is not used: it writes to pipes that nobody reads, and dies.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from suffice.errors import EnvironmentFailed
from suffice.files import write_atomically

HOST = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Service:
    """A server that one command line starts and one address proves healthy."""

    name: str
    home: Path
    """Folder of its log, its state and the file that says where it runs."""
    command: Callable[[int], Sequence[str]]
    """Its command line for a port."""
    health: str
    """Path that answers 200 once it is ready."""
    env: Mapping[str, str] = field(default_factory=dict)
    preferred_port: int = 0
    """Port to take when it is free; 0: any."""
    start_timeout_s: float = 180.0


def running(service: Service) -> str | None:
    """Address of the healthy server of this home, if there is one."""
    state = _state(service)
    if state is None:
        return None
    url = str(state["url"])
    return url if _alive(int(state["pid"])) and healthy(url + service.health) else None


def ensure(service: Service, *, strict_port: bool = False) -> str:
    """
    Address of the running server, started when there is none.

    With *strict_port* a taken port is refused, otherwise another one is found.
    Raises `EnvironmentFailed` when the server does not come up.
    """
    service.home.mkdir(parents=True, exist_ok=True)
    with _only_one(service.home / "start.lock"):
        return settled(service) or _start(service, _port(service, strict=strict_port))


def settled(service: Service) -> str | None:
    """
    Address of the server of this home once it answers, however busy it is.

    Two servers on one database spoil it, so that one which lives and stays silent for
    as long as a start may take is stopped.
    """

    def is_alive() -> bool:
        state = _state(service)
        return (
            state is not None
            and _alive(pid := int(state["pid"]))
            and _is_ours(service, pid)
        )

    if not is_alive():
        return None
    _wait(lambda: running(service) or not is_alive(), service.start_timeout_s)
    url = running(service)
    if url is None:
        stop(service)
    return url


def stop(service: Service, *, grace_s: float = 10.0) -> bool:
    """Stop the server of this home; says whether there was one."""
    state = _state(service)
    if state is None:
        return False
    pid = int(state["pid"])
    alive = _alive(pid) and _is_ours(service, pid)
    if alive:
        os.killpg(pid, signal.SIGTERM)
        if not _wait(lambda: not _alive(pid), grace_s):
            os.killpg(pid, signal.SIGKILL)
    _state_file(service).unlink(missing_ok=True)
    return alive


def is_wanted(service: Service) -> bool:
    """Whether the server of this home was started and not stopped since."""
    return _state_file(service).exists()


def port_is_free(port: int) -> bool:
    """Whether a server may listen on *port* of this machine's loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def healthy(url: str, timeout_s: float = 5.0) -> bool:
    """Whether *url* answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=timeout_s) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _start(service: Service, port: int) -> str:
    log = service.home / "server.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            list(service.command(port)),
            env={**os.environ, **service.env},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    url = f"http://{HOST}:{port}"
    # Written before it is healthy, so that a killed start can still be stopped.
    state = {"pid": process.pid, "url": url, "name": service.name}
    write_atomically(_state_file(service), json.dumps(state))
    up = _wait(
        lambda: process.poll() is not None or healthy(url + service.health, 2.0),
        service.start_timeout_s,
    )
    if process.poll() is not None or not up:
        stop(service)
        raise EnvironmentFailed(
            f"The {service.name} did not start on port {port}; the end of {log} says: "
            f"{_last_line(log)!r}."
        )
    process.returncode = 0  # It outlives us on purpose: no warning that it runs.
    return url


def _port(service: Service, *, strict: bool) -> int:
    wanted = service.preferred_port
    if wanted and port_is_free(wanted):
        return wanted
    if strict:
        raise EnvironmentFailed(
            f"Port {wanted} for the {service.name} is taken; stop what listens there "
            "or choose another port."
        )
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _state_file(service: Service) -> Path:
    return service.home / "server.json"


def _state(service: Service) -> dict[str, str | int] | None:
    try:
        state = json.loads(_state_file(service).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return state if isinstance(state, dict) else None


def _alive(pid: int) -> bool:
    # A child of ours that has ended stays a zombie until it is waited for.
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _is_ours(service: Service, pid: int) -> bool:
    """Whether *pid* still is the server: numbers of ended processes are reused."""
    words = service.command(0)[1:4]
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return True  # No /proc on this system: the state file has to do.
    return all(word in line for word in words)


def _wait(done: Callable[[], object], timeout_s: float) -> bool:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if done():
            return True
        time.sleep(0.2)
    return False


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else ""


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Two commands at once start one server."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
