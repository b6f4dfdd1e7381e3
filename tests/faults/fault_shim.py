"""The shim in C: what it can do to a call, and how it is built."""

from __future__ import annotations

import errno
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("fault_shim.c")
IDLE, COUNTING, KILL_BEFORE, KILL_AFTER, FAIL_ONCE, FAIL_FROM_NOW, TORN = range(7)
OPEN, WRITE, SYNC, MOVE, SOCKET, CONNECT, SEND, RECEIVE = (1 << n for n in range(8))
KINDS = {
    OPEN: "open",
    WRITE: "write",
    SYNC: "fsync",
    MOVE: "rename",
    SOCKET: "socket",
    CONNECT: "connect",
    SEND: "send",
    RECEIVE: "recv",
}
ALL_KINDS = sum(KINDS)
ERRORS = {
    OPEN: (errno.EMFILE, errno.ENOSPC, errno.EROFS, errno.EIO),
    WRITE: (errno.ENOSPC, errno.EIO),
    SYNC: (errno.EIO, errno.ENOSPC),
    MOVE: (errno.EROFS, errno.ENOSPC, errno.EIO),
    SOCKET: (errno.EMFILE,),
    CONNECT: (errno.ECONNREFUSED, errno.ETIMEDOUT),
    SEND: (errno.EPIPE, errno.ECONNRESET),
    RECEIVE: (errno.ECONNRESET, errno.EIO),
}
"""What the kernel answers to each kind of call when it cannot do it."""
FILES = OPEN | WRITE | SYNC | MOVE


def built_shim(folder: Path) -> Path | None:
    """The shim, compiled into *folder*; ``None`` where there is no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    library = folder / "fault_shim.so"
    told = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE)]
    subprocess.run([*told, "-ldl"], check=True)
    return library
