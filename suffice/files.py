"""Writes a file so that it is either the old one or the whole new one."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from suffice.errors import EnvironmentFailed


def write_atomically(path: Path, text: str) -> None:
    """
    Replace *path* by *text*; a crash leaves the old file.

    Raises `EnvironmentFailed` when it cannot be written; the old file then stays.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise EnvironmentFailed(
            f"{str(path)!r} cannot be written ({error.strerror}): free the disk or "
            "the folder, then run again."
        ) from error
