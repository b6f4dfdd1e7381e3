"""Bytes of local files; every failure is one sentence."""

from __future__ import annotations

import contextlib
import glob
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NoReturn

from suffice.errors import EnvironmentFailed, SufficeError, UnusableInput

CHUNK_BYTES = 1 << 20
"""Bytes handed on at a time."""


def find(pattern: str) -> list[str]:
    """The regular files that match *pattern*; ``**`` stands for any folders."""
    found = glob.glob(pattern, recursive=True)  # noqa: PTH207 - as the user wrote it
    return sorted(f for f in found if Path(f).is_file())


def exists(path: str) -> bool:
    """Whether something lies there; an impossible path does not."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


def read(file: str) -> Iterator[bytes]:
    """The bytes of one regular file that stays as it is while it is read."""
    try:
        status = Path(file).stat()
        if stat.S_ISDIR(status.st_mode):
            raise UnusableInput(
                f"{file!r} is a folder; name a file in it, or a pattern such as "
                f"{str(Path(file) / '*.jsonl')!r}."
            )
        if not stat.S_ISREG(status.st_mode):
            raise UnusableInput(f"{file!r} is not a regular file; copy it to one.")
        with Path(file).open("rb") as opened:
            while chunk := opened.read(CHUNK_BYTES):
                yield chunk
            after = os.fstat(opened.fileno())
    except FileNotFoundError as error:
        raise UnusableInput(
            f"There is no file {file!r}; check the path in the brief."
        ) from error
    except (OSError, ValueError) as error:
        if isinstance(error, SufficeError):
            raise
        raise UnusableInput(
            f"Cannot read {file!r}: {_reason(error)}; check the path and its rights."
        ) from error
    if (status.st_size, status.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        changed(file)


def version(file: str) -> str:
    """Size and time of the last change; empty where there is no such file."""
    try:
        status = Path(file).stat()
    except (OSError, ValueError):
        return ""
    return f"{status.st_size} {status.st_mtime_ns}"


def same(one: str, other: str) -> bool:
    """Whether two paths lead to one file, by whatever way."""
    try:
        return Path(one).resolve() == Path(other).resolve()
    except (OSError, ValueError):
        return one == other


def write(target: str, data: bytes) -> None:
    """Put *data* at *target* in one step; its folders are made."""
    with replacing(target) as file:
        file.write(data)


@contextlib.contextmanager
def replacing(target: str) -> Iterator[IO[bytes]]:
    """A file that takes the place of *target* once all is written, and only then."""
    path = Path(target)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            yield file
        partial.replace(path)
    except (OSError, ValueError) as error:
        if isinstance(error, SufficeError):
            raise
        raise EnvironmentFailed(
            f"Cannot write {target!r}: {_reason(error)}; check the folder."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def changed(file: str) -> NoReturn:
    """Refuse a file of which only parts of two versions are at hand."""
    raise UnusableInput(
        f"{file!r} changed while it was read; run again once it is complete."
    )


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return (text[0].lower() + text[1:]).rstrip(".") if text else "unknown reason"
