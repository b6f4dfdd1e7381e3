"""Eight to sixteen processes that submit one job at the same moment."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.managers import SyncManager
from threading import BrokenBarrierError
from typing import Any

from jobs_imitation import JobsApi
from mortals import processes

MOST = 16


@dataclass(kw_only=True, frozen=True)
class Crowd:
    """Processes that are there already, and what makes barriers for them."""

    pool: ProcessPoolExecutor
    manager: SyncManager

    def one_pays(
        self,
        api: JobsApi,
        trial: int,
        submit: Callable[..., str],
        arguments: Callable[[int, Any], tuple[Any, ...]],
    ) -> bool:
        """
        Whether all of them end with one job that each of them knows.

        *arguments* are those of *submit* for each, by its number and the barrier.
        """
        rng = random.Random(trial)
        n = rng.randint(8, MOST)
        api.jobs.clear()
        api.files.clear()
        api.slow_create_s = rng.uniform(0.05, 0.4)
        barrier = self.manager.Barrier(n)
        running = [self.pool.submit(submit, *arguments(i, barrier)) for i in range(n)]
        # One that failed keeps the others waiting: its own error is to be seen.
        errors = [error for error in map(Future.exception, running) if error]
        errors.sort(key=lambda error: isinstance(error, BrokenBarrierError))
        if errors:
            raise errors[0]
        ids = {future.result() for future in running}
        return ids == set(api.jobs) and len(ids) == 1


@contextmanager
def crowd_of() -> Iterator[Crowd]:
    """As many as the largest trial takes."""
    context = processes()
    with context.Manager() as manager, ProcessPoolExecutor(MOST, context) as pool:
        yield Crowd(pool=pool, manager=manager)
