"""
How long adding up a usage log takes, and how much memory.

    python -m benchmarks.usage_log [--rows 2000000] [--format jsonl|parquet]

Thirty daily files are written one after the other by a process of its own; another
one adds each up as a re-check does, and the file is deleted, so that 100 million rows
need the disk space of one day.  CPU, wall time and peak memory are those of the
process that adds up; writing is not counted.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from suffice.economics.usage import DayUsage, summary_of
from suffice.rechecking import LogColumns
from suffice.usage.day_sums import sum_file

N_DAYS = 30
FIRST_S = 1_790_812_800
COLUMNS = LogColumns(
    at="created",
    input_tokens="usage.prompt_tokens",
    output_tokens="usage.completion_tokens",
    cached_tokens="usage.prompt_tokens_details.cached_tokens",
)
_WRITE = """
COPY (
  SELECT
    'req_' || i AS id,
    'gpt-6-luna' AS model,
    {start} + (i * 86400 // {n}) AS created,
    {{
      'prompt_tokens': 1500 + i % 700,
      'completion_tokens': i % 60,
      'prompt_tokens_details': {{'cached_tokens': 1400}}
    }} AS usage
  FROM range({n}) AS rows(i)
) TO '{path}' (FORMAT {format})
"""


def write(path: Path, day: int, n: int) -> None:
    """One day's file, in OpenAI's own shape."""
    import duckdb

    form = "parquet" if path.suffix == ".parquet" else "json"
    start = FIRST_S + day * 86_400
    duckdb.sql(_WRITE.format(start=start, n=n, path=path, format=form))


def add_up() -> None:
    """Adds up every file named on standard input; tells what it took at the end."""
    days: list[DayUsage] = []
    n_bad, wall_s = 0, 0.0
    for line in sys.stdin:
        begun = time.perf_counter()
        sums = sum_file(line.strip(), COLUMNS, None)
        wall_s += time.perf_counter() - begun
        days += sums.days
        n_bad += sums.n_bad
        print("done", flush=True)
    used = resource.getrusage(resource.RUSAGE_SELF)
    summary = summary_of(days, n_bad=n_bad, last_days=N_DAYS)
    told = {
        "wall_s": wall_s,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
        "n": summary.n_requests,
        "input_tokens": summary.input_tokens,
        "cached_tokens": summary.cached_tokens,
    }
    print(json.dumps(told), flush=True)


def main() -> None:
    """Write, add up, print one row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--format", choices=("jsonl", "parquet"), default="jsonl")
    asked = parser.parse_args()
    each, n_bytes = asked.rows // N_DAYS, 0
    child = subprocess.Popen(
        [sys.executable, "-c", "from benchmarks.usage_log import add_up; add_up()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    with tempfile.TemporaryDirectory() as folder:
        for day in range(N_DAYS):
            path = Path(folder) / f"day-{day}.{asked.format}"
            script = (
                "import sys; from pathlib import Path; "
                "from benchmarks.usage_log import write; "
                f"write(Path(sys.argv[1]), {day}, {each})"
            )
            subprocess.run([sys.executable, "-c", script, path], check=True)
            n_bytes += path.stat().st_size
            child.stdin.write(f"{path}\n")
            child.stdin.flush()
            child.stdout.readline()
            path.unlink()
        child.stdin.close()
        told = json.loads(child.stdout.readline())
        child.wait()
    print("| rows | format | GB | wall s | CPU s | peak MB | rows per s |")
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    print(
        f"| {told['n']:,} | {asked.format} | {n_bytes / 1e9:.2f} | "
        f"{told['wall_s']:.1f} | {told['cpu_s']:.1f} | {told['peak_mb']:.0f} | "
        f"{told['n'] / told['wall_s']:,.0f} |"
    )


if __name__ == "__main__":
    main()
