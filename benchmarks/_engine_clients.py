"""
One way of asking an endpoint n questions: ``_engine_clients.py NAME PORT N C``.

A process of its own, which prints one JSON object.  Imports of the ways that need
only an endpoint stand in them: their start-up is part of what is measured.  The CPU
time is that of the process and of those it started.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable

from benchmarks import _engine_ways as ways
from benchmarks._engine_peers import PEERS

WAYS: dict[str, Callable[[str, int, int], ways.Ask]] = {
    "suffice": ways.suffice,
    "gather": ways.gather,
    "threads": ways.threads,
    "loop": ways.loop,
    **PEERS,
}


def _cpu_s() -> float:
    return sum(os.times()[:4])


def _peak_mb() -> float:
    """Of the process, or of the largest that it started and waited for."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(who).ru_maxrss for who in whose) / 1024


def _main(name: str, port: str, n: int, concurrency: int) -> None:
    ask = WAYS[name](f"http://127.0.0.1:{port}/v1", n, concurrency)
    ask(10**6, 1)
    begun_cpu_s, begun = _cpu_s(), time.perf_counter()
    n_done = ask(0, n)
    wall_s = time.perf_counter() - begun
    found = {
        "start_cpu_s": begun_cpu_s,
        "cpu_ms": 1000 * (_cpu_s() - begun_cpu_s) / n_done,
        "wall_s": wall_s,
        "n": n_done,
        "peak_mb": _peak_mb(),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
