"""Names the process that holds an entry, so that others can tell when it has died."""

from __future__ import annotations

import os
import socket
import uuid
from functools import cache
from pathlib import Path


def new_owner() -> str:
    """A name for one submitter: machine, process and a number of its own."""
    return "|".join([this_machine(), *this_process(), uuid.uuid4().hex[:8]])


def this_process() -> tuple[str, str]:
    """Its number, and when it was started, in ticks since the machine was."""
    pid = os.getpid()
    return str(pid), _started(pid) or ""


def is_dead(owner: str) -> bool:
    """Whether *owner* has surely ended; never true for one on another machine."""
    machine, pid, started, _ = owner.split("|")
    return machine == this_machine() and is_gone(int(pid), started)


def is_gone(pid: int, started: str) -> bool:
    """Whether the process of this machine that began at *started* has ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    found = _started(pid)
    if found is None or not started:
        # Out of file descriptors, say: that is no proof of another one's death.
        return found == ""
    # A process number is used again after a while; its starting time is not.
    return started != found


@cache
def this_machine() -> str:
    """Its name, and what tells it from another one or a container of that name."""
    try:
        # Containers may share a host name, not a numbering of processes.
        numbering = str(Path("/proc/self/ns/pid").readlink())
        booted = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        numbering = booted = ""
    return f"{socket.gethostname()}/{booted}/{numbering}"


def _started(pid: int) -> str | None:
    """Empty when it has ended; ``None`` when that cannot be told."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return "" if Path("/proc/self").exists() else None
    except OSError:
        return None
    # The name in brackets may hold blanks; the 20th field after it is the start.
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]
