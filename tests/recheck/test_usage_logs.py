"""Usage from logs: a rate, mean tokens, bad rows counted, only what is new read."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from suffice.economics.terms import DAYS_PER_MONTH
from suffice.economics.usage import UsageSummary
from suffice.errors import UnusableInput
from suffice.rechecking import LogColumns, Usage
from suffice.usage.day_sums import usage_sql
from suffice.usage.logs import read_logs
from suffice.usage.reading import read_usage

START = datetime(2026, 10, 1, tzinfo=UTC)
OPENAI = LogColumns(
    at="created",
    input_tokens="usage.prompt_tokens",
    output_tokens="usage.completion_tokens",
    cached_tokens="usage.prompt_tokens_details.cached_tokens",
)


def rows(days: int, per_day: int, *, first: datetime = START) -> Iterator[dict]:
    """As many requests a day, evenly spread, 100 tokens in and 20 out."""
    step = timedelta(days=1) / per_day
    for n in range(days * per_day):
        at = (first + n * step).isoformat()
        yield {"at": at, "input_tokens": 100, "output_tokens": 20, "model": "m"}


def write(path: Path, lines: Iterator[dict] | list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    said = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text("".join(f"{line}\n" for line in said))
    return path


def summary(tmp_path: Path, log: Path | str, **fields: Any) -> UsageSummary:
    found = read_usage(
        Usage(log=str(log), **fields),
        kept=tmp_path / "kept" / "usage.json",
        output=tmp_path,
        now_s=0.0,
    )
    assert found is not None
    return found


def test_the_rate_is_that_of_the_last_month(tmp_path: Path) -> None:
    """48 requests a day are 1,461 a month of 30.4 days."""
    usage = summary(tmp_path, write(tmp_path / "log.jsonl", rows(20, 48)))

    assert usage.requests_per_month == pytest.approx(48 * DAYS_PER_MONTH, rel=0.01)
    assert (100.0, 20.0) == (usage.input_tokens, usage.output_tokens)
    assert (960, 0, None) == (usage.n_requests, usage.n_bad, usage.cached_tokens)


def test_older_days_do_not_count(tmp_path: Path) -> None:
    """A launch two months ago says little about this month."""
    late = START + timedelta(days=60)
    new = [{**row, "input_tokens": 500} for row in rows(30, 24, first=late)]
    usage = summary(tmp_path, write(tmp_path / "l.jsonl", [*rows(20, 480), *new]))

    assert 500 == usage.input_tokens
    assert date(2026, 12, 29) == usage.last_day
    assert usage.requests_per_month == pytest.approx(24 * DAYS_PER_MONTH, rel=0.01)


def test_an_hour_of_log_is_not_taken_for_a_months_rate(tmp_path: Path) -> None:
    """Anything shorter than a day counts as a day: a burst is no trend."""
    log = write(tmp_path / "log.jsonl", [*rows(1, 240)][:10])

    usage = summary(tmp_path, log)
    assert usage.requests_per_month == pytest.approx(10 * DAYS_PER_MONTH)


def test_a_log_of_openai_responses_is_read_as_it_is(tmp_path: Path) -> None:
    """Nobody should have to rewrite a log in order to be told about it."""
    line = {
        "created": 1764000000,
        "model": "gpt-6-luna",
        "usage": {
            "prompt_tokens": 1700,
            "completion_tokens": 30,
            "prompt_tokens_details": {"cached_tokens": 1500},
        },
    }
    usage = summary(tmp_path, write(tmp_path / "l.jsonl", [line] * 5), columns=OPENAI)

    assert (1700, 30) == (usage.input_tokens, usage.output_tokens)
    assert 1500 == usage.cached_tokens


def test_only_the_features_model_is_counted(tmp_path: Path) -> None:
    """One log often holds many features."""
    other = [{**row, "model": "other"} for row in rows(2, 100)]
    log = write(tmp_path / "log.jsonl", [*rows(2, 10), *other])

    assert 20 == summary(tmp_path, log, model="m").n_requests


def test_packed_csv_and_parquet_logs_say_the_same(tmp_path: Path) -> None:
    """The form of a log must not matter."""
    some = [*rows(3, 20)]
    write(tmp_path / "a.jsonl", some)
    packed = gzip.compress((tmp_path / "a.jsonl").read_bytes())
    (tmp_path / "b.jsonl.gz").write_bytes(packed)
    pq.write_table(pa.Table.from_pylist(some), tmp_path / "c.parquet")
    header = "at,input_tokens,output_tokens,model"
    cells = [",".join(str(row[name]) for name in header.split(",")) for row in some]
    write(tmp_path / "d.csv", [header, *cells])
    found = [
        summary(tmp_path / name[0], tmp_path / name)
        for name in ("a.jsonl", "b.jsonl.gz", "c.parquet", "d.csv")
    ]

    assert [found[0]] * 4 == found


def test_a_few_bad_lines_are_counted(tmp_path: Path) -> None:
    """A log cut off in the middle of a line is normal."""
    log = write(tmp_path / "l.jsonl", [*rows(20, 48), '{"at": "2026-10-2'])
    usage = summary(tmp_path, log)

    assert (1, 960) == (usage.n_bad, usage.n_requests)


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        '{"at": "yesterday", "input_tokens": 1, "output_tokens": 1}',
        '{"at": 1e30, "input_tokens": 1, "output_tokens": 1}',
        '{"at": 1764000000, "input_tokens": -1, "output_tokens": 1}',
        '{"at": 1764000000, "input_tokens": "many", "output_tokens": 1}',
        '{"at": 1764000000, "input_tokens": 1}',
    ],
)
def test_many_bad_lines_are_refused(tmp_path: Path, line: str) -> None:
    """What cannot be counted must not be guessed: half a log is half the volume."""
    with pytest.raises(UnusableInput, match="1 of 51 rows"):
        summary(tmp_path, write(tmp_path / "log.jsonl", [*rows(1, 50), line]))


def test_an_empty_log_is_refused(tmp_path: Path) -> None:
    """No requests and no log are not the same."""
    with pytest.raises(UnusableInput, match="holds no request"):
        summary(tmp_path, write(tmp_path / "log.jsonl", []))


def test_a_table_with_other_columns_is_refused(tmp_path: Path) -> None:
    """The sentence names the file and what to set."""
    pq.write_table(pa.table({"when": [1.0]}), tmp_path / "x.parquet")

    with pytest.raises(UnusableInput, match=r"x\.parquet.*check the file and usage"):
        summary(tmp_path, tmp_path / "x.parquet")


def test_only_what_is_new_is_read(tmp_path: Path) -> None:
    """A year of logs is added up once, and a day of it each night."""
    for day in range(3):
        first = START + timedelta(days=day)
        write(tmp_path / f"{first.date()}.jsonl", rows(1, 10, first=first))
    usage, kept = Usage(log=str(tmp_path / "*.jsonl")), tmp_path / "kept.json"
    first_time = read_logs(usage, kept)
    again = read_logs(usage, kept)
    write(tmp_path / "2026-10-04.jsonl", rows(1, 10, first=START + timedelta(days=3)))
    next_day = read_logs(usage, kept)

    assert [3, 0, 1] == [r.n_read for r in (first_time, again, next_day)]
    assert 40 == sum(day.n for day in next_day.days)


def test_a_file_that_grew_is_read_again(tmp_path: Path) -> None:
    """Today's file is not yet whole."""
    log, kept = write(tmp_path / "l.jsonl", rows(1, 10)), tmp_path / "kept.json"
    read_logs(Usage(log=str(log)), kept)
    write(log, rows(1, 25))

    assert 25 == sum(day.n for day in read_logs(Usage(log=str(log)), kept).days)


def test_other_columns_are_another_question(tmp_path: Path) -> None:
    """What was added up under the old names does not answer the new ones."""
    log, kept = write(tmp_path / "l.jsonl", rows(1, 10)), tmp_path / "kept.json"
    read_logs(Usage(log=str(log)), kept)

    assert 1 == read_logs(Usage(log=str(log), model="m"), kept).n_read


def test_partitions_older_than_the_days_looked_at_are_never_opened(
    tmp_path: Path,
) -> None:
    """Three years of daily files are there; a month of them counts."""
    for day in range(0, 90, 3):
        first = START + timedelta(days=day)
        folder = tmp_path / f"day={first.date()}"
        write(folder / "x.jsonl", rows(1, 5, first=first))
    usage = Usage(log=str(tmp_path / "day=*" / "x.jsonl"), days=30)

    assert read_logs(usage, tmp_path / "kept.json").n_read <= 12


def test_a_log_in_s3_is_read_object_by_object(tmp_path: Path, bucket: Any) -> None:
    """And not again while its ETag is the same."""
    text = "".join(json.dumps(row) + "\n" for row in rows(2, 30))
    bucket.put_object(Key="log/2026-10-01.jsonl.gz", Body=gzip.compress(text.encode()))
    usage, kept = Usage(log="s3://logs/log/*.gz"), tmp_path / "kept.json"
    found = read_logs(usage, kept)

    assert 60 == sum(day.n for day in found.days)
    assert (1, 0) == (found.n_read, read_logs(usage, kept).n_read)


def test_the_same_sql_runs_on_another_engine(tmp_path: Path) -> None:
    """
    Past one machine the sums come from an engine of the user's: here SQLite makes
    them, as CSV, and the re-check reads the same usage from it.
    """
    log = write(tmp_path / "l.jsonl", rows(12, 20))
    with sqlite3.connect(":memory:") as db:
        db.execute(
            "CREATE TABLE requests (at_s REAL, input_tokens INTEGER, "
            "output_tokens INTEGER, cached_tokens INTEGER)"
        )
        for row in rows(12, 20):
            at = datetime.fromisoformat(row["at"]).timestamp()
            values = (at, row["input_tokens"], row["output_tokens"], None)
            db.execute("INSERT INTO requests VALUES (?, ?, ?, ?)", values)
        result = db.execute(usage_sql())
        names = [column[0] for column in result.description]
        lines = [",".join("" if v is None else str(v) for v in r) for r in result]
    daily = write(tmp_path / "daily.csv", [",".join(names), *lines])
    usage = Usage(daily=str(daily))
    found = read_usage(usage, kept=tmp_path / "k", output=tmp_path, now_s=0.0)

    assert summary(tmp_path, log) == found


def test_how_sure_the_rate_is_comes_from_how_the_days_differ(tmp_path: Path) -> None:
    """Three weeks of quiet weekends are no proof of a falling volume."""
    lines = []
    for day in range(28):
        first = START + timedelta(days=day)
        lines += rows(1, 10 if first.weekday() >= 5 else 60, first=first)
    usage = summary(tmp_path, write(tmp_path / "log.jsonl", lines))

    assert usage.requests_low is not None
    assert usage.requests_high is not None
    assert usage.requests_low < usage.requests_per_month < usage.requests_high
    assert usage.requests_high < 1.5 * usage.requests_per_month


def test_several_sources_are_refused() -> None:
    """Whatever one says, the other may deny."""
    with pytest.raises(ValueError, match=r"several sources \(log, daily\); keep one"):
        Usage(log="a", daily="b")
