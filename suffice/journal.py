"""
The journal: what a climb is doing, one JSON object a line.

The climb writes it, the terminal reads it, so that a climb started from the command
line, by a schedule or through the API looks the same.  It is a view, not a record:
losing it loses nothing.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Journal:
    """Writes progress to a file; without a path it writes nothing."""

    path: Path | None = None

    def write(self, event: str, **fields: Any) -> None:
        """Append one event, such as ``progress`` with rung, done, total and usd."""
        if self.path is None:
            return
        row = json.dumps({"at": time.time(), "event": event, **fields}, default=str)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(row + "\n")
