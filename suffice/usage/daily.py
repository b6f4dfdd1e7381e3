"""Daily sums that another engine has made with ``usage.sql``, from a CSV file."""

from __future__ import annotations

import csv
import io
from typing import Any

from suffice.data import storage
from suffice.errors import UnusableInput
from suffice.usage.day_sums import FileSums, sums_of

COLUMNS = (
    "day",
    "n",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "n_cached",
    "first_s",
    "last_s",
)


def read_daily(source: str) -> FileSums:
    """
    All files that *source* names, a path, a pattern or an s3:// URL.

    Raises `UnusableInput` for a file that is not what ``usage.sql`` gives.
    """
    rows: list[tuple[Any, ...]] = []
    for file in storage.find(source):
        text = storage.read_bytes(file).decode("utf-8-sig", "replace")
        for number, row in enumerate(csv.DictReader(io.StringIO(text)), 2):
            rows.append(_row(row, f"{file}:{number}"))
    try:
        return sums_of(rows)
    except (TypeError, ValueError, OverflowError) as error:
        raise UnusableInput(
            f"The daily sums in {source!r} cannot be read: {error}; give the result of "
            "usage.sql as CSV with its header."
        ) from error


def _row(row: dict[str, str | None], where: str) -> tuple[Any, ...]:
    missing = [name for name in COLUMNS if name not in row]
    if missing:
        raise UnusableInput(
            f"{where}: daily sums need the columns {', '.join(COLUMNS)}; "
            f"{', '.join(missing)} is missing."
        )
    # Engines write day 20000 as 20000 or 20000.0, and NULL as nothing.
    values = [row[name] or None for name in COLUMNS]
    return tuple(None if value is None else float(value) for value in values)
