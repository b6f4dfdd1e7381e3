"""Runs many points, in a few worlds at once."""

from __future__ import annotations

import queue
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from pathlib import Path
from typing import Protocol

from fault_points import Point
from fault_server import FaultServer
from fault_shim import built_shim
from fault_trials import Trials
from fault_worlds import Scenario, World
from tally import Tally

_SHM = Path("/dev/shm")
MEMORY = _SHM if _SHM.is_dir() else None
"""A disk in memory, where there is one."""
_AT_ONCE = 20
"""Points that a world takes from what is left to do."""


class Runs(Protocol):
    """A world of one kind, in which points are tried."""

    def run(self, points: Iterable[Point]) -> Tally:
        """What came of them."""
        ...


@contextmanager
def trials(shim: Path) -> Iterator[Trials]:
    """A world of its own, in memory where there is a disk in memory."""
    with (
        tempfile.TemporaryDirectory(dir=MEMORY) as folder,
        FaultServer(shim) as server,
    ):
        world = World(folder=Path(folder), server=server)
        try:
            yield Trials(world)
        finally:
            world.close()


def some_points(
    tries: Trials, scenarios: Sequence[Scenario], n: int, rng: random.Random
) -> list[Point]:
    """*n* points, as many of each scenario; one in ten is disturbed twice."""
    each = -(-n // len(scenarios))
    chosen: list[Point] = []
    for scenario in scenarios:
        points = tries.points(scenario)
        chosen += rng.sample(points, min(len(points), each - each // 10))
        chosen += islice(tries.doubles(scenario, rng), each // 10)
    return chosen[:n]


def all_points(
    tries: Trials, scenarios: Sequence[Scenario], n: int, rng: random.Random
) -> list[Point]:
    """Every point of every scenario, shuffled; pairs of them until there are *n*."""
    chosen = [point for s in scenarios for point in tries.points(s)]
    rng.shuffle(chosen)
    while len(chosen) < n:
        chosen += islice(tries.doubles(rng.choice(scenarios), rng), 100)
    return chosen


def run_all(
    shim: Path,
    points: Iterable[Point],
    *,
    workers: int = 2,
    minutes: float = float("inf"),
    tell: Callable[[Tally], None] = lambda _: None,
    trials: Callable[[Path], AbstractContextManager[Runs]] = trials,
) -> Tally:
    """What came of the points, or of those that were reached in so many minutes."""
    waiting: queue.SimpleQueue[Point] = queue.SimpleQueue()
    for point in points:
        waiting.put(point)
    end, total = time.monotonic() + 60 * minutes, Tally()

    def work() -> None:
        with trials(shim) as tries:
            while not waiting.empty() and time.monotonic() < end:
                total.add(tries.run(_taken(waiting)))
                tell(total)

    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(work) for _ in range(workers)]:
            done.result()
    return total


def chosen_and_run(
    folder: Path,
    scenarios: Sequence[Scenario],
    *,
    n: int,
    seed: int,
    choose: Callable[..., list[Point]] = some_points,
    **how: object,
) -> Tally | None:
    """The points that the *seed* chooses; ``None`` where there is no compiler."""
    shim = built_shim(folder)
    if shim is None:
        return None
    with trials(shim) as tries:
        points = choose(tries, scenarios, n, random.Random(seed))
    return run_all(shim, points, **how)  # type: ignore[arg-type]


def _taken(waiting: queue.SimpleQueue[Point]) -> Iterator[Point]:
    for _ in range(_AT_ONCE):
        try:
            yield waiting.get_nowait()
        except queue.Empty:
            return
