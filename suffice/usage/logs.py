"""
Usage logs: local files, patterns, s3:// URLs.  Only what is new is read.

What each file said is kept under its name with a stamp of its content (size and time,
or the store's ETag).  A file that has not changed is not opened again, and of logs
partitioned by day those that end before the days looked at are never opened.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from suffice.data import storage
from suffice.economics.usage import DayUsage
from suffice.files import write_atomically
from suffice.rechecking import Usage
from suffice.usage.day_sums import FileSums, sum_file

_SUMS = TypeAdapter(FileSums)
_DATE = re.compile(r"(?<!\d)(20\d\d)[-/]?([01]\d)[-/]?([0-3]\d)(?!\d)")


@dataclass(frozen=True, kw_only=True)
class LogUsage:
    """What the files of a log say together."""

    days: tuple[DayUsage, ...]
    n_bad: int
    n_files: int
    n_read: int
    """Files that had to be opened; the others were known."""


def read_logs(usage: Usage, kept: Path) -> LogUsage:
    """
    All files of the brief's log, by day; what they say is kept at *kept*.

    Raises `UnusableInput` where no file is found or one cannot be read.
    """
    files = _recent(storage.find(usage.log or ""), usage.days)
    asked = json.dumps([usage.columns.model_dump(), usage.model])
    about = hashlib.sha256(asked.encode()).hexdigest()[:12]
    before = _kept(kept, about)
    sums: dict[str, dict[str, Any]] = {}
    n_read = 0
    for file in files:
        stamp = storage.version(file)
        known = before.get(file)
        if known is None or known["stamp"] != stamp:
            n_read += 1
            with _local(file) as path:
                found = sum_file(path, usage.columns, usage.model)
            known = {"stamp": stamp, "sums": _SUMS.dump_python(found, mode="json")}
        sums[file] = known
    if n_read or sums.keys() != before.keys():
        write_atomically(kept, json.dumps({"about": about, "files": sums}))
    parts = [_SUMS.validate_python(known["sums"]) for known in sums.values()]
    return LogUsage(
        days=tuple(day for part in parts for day in part.days),
        n_bad=sum(part.n_bad for part in parts),
        n_files=len(files),
        n_read=n_read,
    )


def _kept(path: Path, about: str) -> Mapping[str, dict[str, Any]]:
    if not path.exists():
        return {}
    state = json.loads(path.read_text(encoding="utf-8"))
    files: dict[str, dict[str, Any]] = state["files"]
    return files if state["about"] == about else {}


def _recent(files: Sequence[str], last_days: int) -> list[str]:
    """Without what ends before the days looked at, where all files are dated."""
    dated = {file: _date_of(file) for file in files}
    days = [day for day in dated.values() if day is not None]
    if len(days) < len(files):
        return list(files)
    # A day more, for logs that are cut in another time zone.
    since = max(days) - timedelta(days=last_days + 1)
    return [file for file, day in dated.items() if day is not None and day >= since]


def _date_of(file: str) -> date | None:
    """The one date in a file's name or folders; ``None`` for none or several."""
    found = set(_DATE.findall(file))
    if len(found) != 1:
        return None
    year, month, day = (int(part) for part in found.pop())
    try:
        return date(year, month, day)
    except ValueError:
        return None


@contextmanager
def _local(file: str) -> Iterator[str]:
    """
    The file on disk: itself, or a copy of an object in S3 for as long as it is read.

    DuckDB's own S3 reader is an extension that it downloads when first used; a copy
    needs no download and holds one object at a time.
    """
    if "://" not in file:
        yield file
        return
    suffix = "".join(Path(file).suffixes[-2:])
    with tempfile.NamedTemporaryFile(suffix=suffix) as copy:
        for chunk in storage.read_chunks(file):
            copy.write(chunk)
        copy.flush()
        yield copy.name
