"""The files that models were trained on, kept under the digest of their content."""

from __future__ import annotations

from pathlib import Path

from suffice.data import disk
from suffice.tuning.job import digest


def keep_file(folder: Path, content: bytes) -> Path:
    """
    Where *content* lies in *folder*: put there once, and anew where it was damaged.

    The ledger names the digest, so that years later one can see what was paid for.
    Raises `EnvironmentFailed` when it cannot be written.
    """
    path = folder / f"{digest(content)}.jsonl"
    if not is_whole(path):
        disk.write(str(path), content)
    return path


def is_whole(path: Path) -> bool:
    """Whether the file at *path* is there and still is what its name says."""
    try:
        return digest(path.read_bytes()) == path.stem
    except OSError:
        return False
