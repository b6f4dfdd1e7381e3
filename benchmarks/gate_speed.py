"""
How much CPU time and memory the data gate takes, beside the obvious alternatives.

    python -m benchmarks.gate_speed            10,000 and 100,000 rows
    python -m benchmarks.gate_speed --full     1,000,000 rows as well

Each way runs in a process of its own on the same made-up chats (about 1.3 kB a row,
1 % exact copies, 2 % near copies, some e-mail addresses and keys).  The gate does all
of its checks; each alternative does one of them, so that their times add up.  Reading
is part of every time, but for the two parts of the gate that are shown alone.
"""

from __future__ import annotations

import importlib.util
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._gate_chats import make
from benchmarks._gate_ways import WAYS


def measure(name: str, path: str) -> None:
    """Run one way in this process and print what it took."""
    way = WAYS[name]
    result = way.run(path)
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = result if way.alone else used.ru_utime + used.ru_stime
    print(cpu, used.ru_maxrss / 1024)


def row(name: str, path: Path, n: int) -> str:
    """One line of the table."""
    way = WAYS[name]
    if importlib.util.find_spec(way.package) is None:
        return f"| {n:,} | {name} | not installed | | |"
    if n > way.most_rows:
        return f"| {n:,} | {name} | not run | | |"
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.gate_speed", name, str(path)],
        capture_output=True,
        text=True,
    )
    wall = time.monotonic() - start
    if done.returncode:
        return f"| {n:,} | {name} | failed | | |"
    cpu, peak = map(float, done.stdout.split()[-2:])
    return f"| {n:,} | {name} | {cpu:.2f} | {peak:,.0f} | {wall:.0f} |"


def main(sizes: list[int]) -> None:
    print((__doc__ or "").strip(), "\n")
    print("| rows | way | CPU s | peak MB | wall s |")
    print("| ---: | --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for n in sizes:
            path = Path(folder) / f"{n}.jsonl"
            make(path, n)
            for name in WAYS:
                print(row(name, path, n), flush=True)
            path.unlink()


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in WAYS:
        measure(sys.argv[1], sys.argv[2])
    elif sys.argv[1:] == ["--full"]:
        main([10_000, 100_000, 1_000_000])
    else:
        main([int(n) for n in sys.argv[1:]] or [10_000, 100_000])
