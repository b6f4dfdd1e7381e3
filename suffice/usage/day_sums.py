"""Adds up one log file by day with DuckDB, in little memory whatever its size."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from typing import TYPE_CHECKING, Any

from suffice.economics.usage import DayUsage
from suffice.errors import UnusableInput
from suffice.rechecking import LogColumns

if TYPE_CHECKING:
    import duckdb

MEMORY = "512MB"
"""Most that DuckDB may hold; sums by day need a fraction of it."""
_PACKED = (".gz", ".zst")


@dataclass(frozen=True, kw_only=True)
class FileSums:
    """What one file says."""

    days: tuple[DayUsage, ...]
    n_bad: int


def usage_sql() -> str:
    """The query itself, for an engine of your own."""
    return resources.files("suffice.usage").joinpath("usage.sql").read_text("utf-8")


def sum_file(path: str, columns: LogColumns, model: str | None) -> FileSums:
    """
    One JSONL, CSV or Parquet file by day.

    Raises `UnusableInput` for a file that is none of these or has other columns.
    """
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "preserve_insertion_order": False,
    }
    with duckdb.connect(config=settings) as db:
        try:
            db.execute("SET TimeZone = 'UTC'")
            db.execute(_view(path, columns, model))
            rows = db.execute(usage_sql()).fetchall()
        except duckdb.Error as error:
            raise UnusableInput(
                f"The usage log {path!r} cannot be read: {_short(error)}; check the "
                "file and usage.columns."
            ) from error
    return sums_of(rows)


def sums_of(rows: list[tuple[Any, ...]]) -> FileSums:
    """What rows of ``usage.sql`` say, from whichever engine they come."""
    days, n_bad = [], 0
    for day, n, read, written, cached, n_cached, first_s, last_s in rows:
        if day is None:
            n_bad += int(n)
            continue
        days.append(
            DayUsage(
                day=date(1970, 1, 1) + timedelta(days=int(day)),
                n=int(n),
                input_tokens=int(read),
                output_tokens=int(written),
                cached_tokens=int(cached) if int(n_cached) == int(n) else None,
                first_s=float(first_s),
                last_s=float(last_s),
            )
        )
    return FileSums(days=tuple(days), n_bad=n_bad)


def _view(path: str, columns: LogColumns, model: str | None) -> str:
    plain = path
    for suffix in _PACKED:
        plain = plain.removesuffix(suffix)
    where = f"'{path.replace(chr(39), chr(39) * 2)}'"
    if plain.endswith((".parquet", ".pq")):
        source, read = f"read_parquet({where})", _column
        blank = "FALSE"
    elif plain.endswith((".csv", ".tsv")):
        source = f"read_csv({where}, header = true, all_varchar = true)"
        read, blank = _column, "FALSE"
    else:
        source = (
            f"read_json_objects({where}, format = 'newline_delimited', "
            "ignore_errors = true, maximum_object_size = 67108864)"
        )
        read, blank = _path, "json IS NULL"
    cached = columns.cached_tokens
    cached_sql = _whole(read(cached)) if cached else "CAST(NULL AS BIGINT)"
    keep = ""
    if model is not None:
        name = model.replace("'", "''")
        keep = f" WHERE {read(columns.model)} = '{name}' OR {blank}"
    return (
        f"CREATE TEMP VIEW requests AS SELECT {_seconds(read(columns.at))} AS at_s, "
        f"{_whole(read(columns.input_tokens))} AS input_tokens, "
        f"{_whole(read(columns.output_tokens))} AS output_tokens, "
        f"{cached_sql} AS cached_tokens FROM {source}{keep}"
    )


def _path(name: str) -> str:
    """A value of the JSON object; the brief has made sure that names are names."""
    return f"(json ->> '$.{name}')"


def _column(name: str) -> str:
    return "CAST(" + ".".join(f'"{part}"' for part in name.split(".")) + " AS VARCHAR)"


def _whole(value: str) -> str:
    return f"TRY_CAST({value} AS BIGINT)"


def _seconds(value: str) -> str:
    iso = f"epoch(TRY_CAST({value} AS TIMESTAMPTZ))"
    return f"COALESCE(TRY_CAST({value} AS DOUBLE), {iso})"


def _short(error: duckdb.Error) -> str:
    return " ".join(str(error).split("\n")[0].split())[:200]
