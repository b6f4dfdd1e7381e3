"""
The journal: what a climb is doing, one JSON object a line.

The climb writes it, the terminal reads it, so that a climb started from the command
line, by a schedule or through the API looks the same.  It is a view, not a record:
losing it loses nothing.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_VARIABLE = "SUFFICE_JOURNAL"


@dataclass(frozen=True)
class Journal:
    """Writes progress to a file; without a path it writes nothing."""

    path: Path | None = None

    @classmethod
    def of(cls, default: Path) -> Journal:
        """The journal that whoever started this process watches, else *default*."""
        return cls(Path(os.environ.get(_VARIABLE) or default))

    def write(self, event: str, **fields: Any) -> None:
        """Append one event, such as ``progress`` with rung, done, total and usd."""
        if self.path is None:
            return
        row = json.dumps({"at": time.time(), "event": event, **fields}, default=str)
        # A view is not worth losing what it shows: on a full disk it stands still.
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(row + "\n")

    def env(self) -> dict[str, str]:
        """Environment that makes a child process write to this journal."""
        return {_VARIABLE: str(self.path)} if self.path else {}


@dataclass
class Follower:
    """Reads what is added to a journal; a half-written last line waits."""

    path: Path
    _offset: int = 0

    def new(self) -> Iterator[dict[str, Any]]:
        """Events since the last call."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._offset += len(line)
                # One that was cut off by a kill or a full disk is left out.
                with suppress(ValueError):
                    event = json.loads(line)
                    yield event
