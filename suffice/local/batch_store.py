"""
Batches on disk: ``<root>/batches/<id>.json``, replaced in one step.

Requests, and what was answered to them, lie among the uploaded files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suffice.files import write_atomically

Batch = dict[str, Any]
"""The object OpenAI calls ``batch``."""

ENDED = ("completed", "failed", "cancelled", "expired")


@dataclass(frozen=True)
class BatchStore:
    """The batches under *root*; reads the disk at every call."""

    root: Path

    def write(self, batch: Batch) -> None:
        """Store it, in place of what was stored under its id."""
        self._folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self._folder / f"{batch['id']}.json", json.dumps(batch))

    def get(self, batch_id: str) -> Batch | None:
        """The batch of that id; None where there is none."""
        return next(self._read(batch_id), None)

    def list(self) -> list[Batch]:
        """Every batch, newest first."""
        ids = [path.stem for path in self._folder.glob("batch_*.json")]
        found = [batch for i in ids for batch in self._read(i)]
        return sorted(found, key=lambda b: (b["created_at"], b["id"]), reverse=True)

    @property
    def _folder(self) -> Path:
        return self.root / "batches"

    def _read(self, batch_id: str) -> Iterator[Batch]:
        path = self._folder / f"{batch_id}.json"
        if batch_id.startswith("batch_") and "/" not in batch_id and path.exists():
            yield json.loads(path.read_text(encoding="utf-8"))
