"""
Uploaded files on disk, each content once.

``<root>/files/<id>.json`` describes a file, ``<root>/files/content/<sha256>``
holds what is in it, shared by all files of that content.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from suffice.files import write_atomically

CHUNK_BYTES = 2**20


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """One uploaded file."""

    id: str
    filename: str
    purpose: str
    bytes: int
    created_at: int
    """Unix time in seconds."""
    sha256: str


@dataclass(frozen=True)
class FileStore:
    """The uploaded files under *root*; reads the disk at every call."""

    root: Path

    def add(self, source: BinaryIO, filename: str, purpose: str) -> StoredFile:
        """Take in what *source* holds, from where it stands to its end."""
        self._contents.mkdir(parents=True, exist_ok=True)
        partial = self._contents / f".{uuid.uuid4().hex}"
        digest, size = _copy(source, partial)
        partial.replace(self._contents / digest)
        file = StoredFile(
            id=f"file-{uuid.uuid4().hex[:24]}",
            filename=filename,
            purpose=purpose,
            bytes=size,
            created_at=int(time.time()),
            sha256=digest,
        )
        write_atomically(self._folder / f"{file.id}.json", json.dumps(asdict(file)))
        return file

    def get(self, file_id: str) -> StoredFile | None:
        """The file of that id; None where there is none."""
        return next((file for file in self._read(file_id)), None)

    def list(self) -> list[StoredFile]:
        """Every file, newest first."""
        ids = [path.stem for path in self._folder.glob("file-*.json")]
        files = [file for i in ids for file in self._read(i)]
        return sorted(files, key=lambda f: (f.created_at, f.id), reverse=True)

    def path(self, file: StoredFile) -> Path:
        """Where the content lies."""
        return self._contents / file.sha256

    def delete(self, file_id: str) -> bool:
        """Remove the file; its content too, unless another file has the same."""
        file = self.get(file_id)
        if file is None:
            return False
        (self._folder / f"{file.id}.json").unlink(missing_ok=True)
        if all(other.sha256 != file.sha256 for other in self.list()):
            self.path(file).unlink(missing_ok=True)
        return True

    @property
    def _folder(self) -> Path:
        return self.root / "files"

    @property
    def _contents(self) -> Path:
        return self._folder / "content"

    def _read(self, file_id: str) -> Iterator[StoredFile]:
        if file_id.startswith("file-") and "/" not in file_id:
            with suppress(FileNotFoundError):
                text = (self._folder / f"{file_id}.json").read_text(encoding="utf-8")
                yield StoredFile(**json.loads(text))


def _copy(source: BinaryIO, target: Path) -> tuple[str, int]:
    """Write all of *source* to disk for good; its SHA-256 and its size."""
    digest = hashlib.sha256()
    with target.open("wb") as out:
        while chunk := source.read(CHUNK_BYTES):
            digest.update(chunk)
            out.write(chunk)
        size = out.tell()
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest(), size
