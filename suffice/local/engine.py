"""
Answers prompts in batches: some workers, each with a thread and one batch at a time.

Asks wait in a list; a worker takes the oldest and what goes well with it
(`asks.next_batch`), so that nobody waits for ever and few tokens are computed
twice.  It never mixes models and never looks into a text.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import ctranslate2

from suffice.local.asks import MAX_BATCH, Answer, Ask, next_batch, shared_prefix
from suffice.local.cpu_shares import CpuShares
from suffice.local.generation import generate
from suffice.local.memory import give_back
from suffice.local.shelf import Shelf

COLLECT_S = 0.005
"""How long a batch waits for another ask before it starts."""
MAX_WORKERS = 4
"""Each has the weights in memory once."""

_Entry = tuple[Ask, Future[Answer]]


class EngineStopped(RuntimeError):
    """The engine takes no more asks."""


@dataclass(eq=False)
class _Worker:
    """One thread, and the models it has in memory."""

    shelf: Shelf = field(default_factory=Shelf)
    dropped: set[str] = field(default_factory=set)
    idle: bool = False

    def knows(self, ask: Ask) -> bool:
        """Whether the beginning of *ask* is in its memory."""
        return self.shelf.has_kept(ask.model, ask.prefix)


class Engine:
    """Runs from `start` to `stop`; *folder_of* gives the folder of a model's id."""

    def __init__(
        self, folder_of: Callable[[str], Path], *, workers: int | None = None
    ) -> None:
        """Of so many *workers*, each on one core; as many as cores, at most four."""
        cores = len(os.sched_getaffinity(0))
        self._workers = [_Worker() for _ in range(workers or min(MAX_WORKERS, cores))]
        self._folder_of = folder_of
        self._waiting: list[_Entry] = []
        self._changed = threading.Condition()
        self._shares = CpuShares()
        # CTranslate2 has one seed for all.
        self._seeding = threading.Lock()
        self._stopped = True
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to answer."""
        self._stopped = False
        for number, worker in enumerate(self._workers):
            thread = threading.Thread(
                target=self._run, args=(worker,), name=f"engine-{number}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Answer no more; who waits is told so."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def ask(self, ask: Ask) -> Future[Answer]:
        """The answer to come; EngineStopped when none will."""
        future: Future[Answer] = Future()
        with self._changed:
            if self._stopped:
                raise EngineStopped("The engine has stopped: restart the server.")
            self._waiting.append((ask, future))
            self._changed.notify_all()
        return future

    def forget(self, model: str) -> None:
        """Drop a model from memory before the next batch."""
        with self._changed:
            for worker in self._workers:
                worker.dropped.add(model)

    @property
    def loaded(self) -> list[str]:
        """Ids of the models in memory."""
        names = (
            n for w in self._workers for n in w.shelf.names() if n not in w.dropped
        )
        return list(dict.fromkeys(names))

    @property
    def running(self) -> bool:
        """False before it starts and once it has stopped or failed."""
        return not self._stopped

    def _run(self, worker: _Worker) -> None:
        try:
            while batch := self._take(worker):
                self._answer(worker, batch)
        finally:
            self._refuse_all()

    def _take(self, worker: _Worker) -> list[_Entry]:
        """The next batch, waited for; empty when the engine is to stop."""
        with self._changed:
            worker.idle = True
            ready = partial(self._is_for, worker)
            while True:
                self._changed.wait_for(ready)
                self._collect()
                # Another worker may have taken all of it meanwhile.
                if ready():
                    break
            if self._stopped:
                return []
            free = sum(w.idle for w in self._workers)
            chosen = set(next_batch([ask for ask, _ in self._waiting], free))
            batch = [entry for entry in self._waiting if entry[0] in chosen]
            self._waiting = [e for e in self._waiting if e[0] not in chosen]
            worker.idle = False
            worker.shelf.drop(worker.dropped)
            worker.dropped.clear()
            # What is left may be for one that has not looked at it yet.
            self._changed.notify_all()
        return batch

    def _is_for(self, worker: _Worker) -> bool:
        """Whether the oldest ask is not better off with another idle worker."""
        if self._stopped or not self._waiting:
            return self._stopped
        oldest = self._waiting[0][0]
        others = (w for w in self._workers if w is not worker and w.idle)
        return worker.knows(oldest) or not any(w.knows(oldest) for w in others)

    def _collect(self) -> None:
        """Wait while asks keep coming: a burst is one batch."""
        seen = 0
        while seen < len(self._waiting) < MAX_BATCH and not self._stopped:
            seen = len(self._waiting)
            self._changed.wait(COLLECT_S)

    def _answer(self, worker: _Worker, batch: list[_Entry]) -> None:
        # A future that its caller cancelled takes no result.
        batch = [(a, f) for a, f in batch if f.set_running_or_notify_cancel()]
        asks = [ask for ask, _ in batch]
        if not asks:
            return
        try:
            answers = self._generate(worker.shelf, asks)
            if self._stopped:
                raise EngineStopped("The server stopped before the answer was whole.")
        except (RuntimeError, ValueError, OSError) as error:
            for _, future in batch:
                future.set_exception(error)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            future.set_result(answer)

    def _generate(self, shelf: Shelf, asks: list[Ask]) -> list[Answer]:
        seed = asks[0].sampling.seed
        if seed is None:
            return self._generated(shelf, asks)
        with self._seeding:
            # CTranslate2 seeds a model's generator when it is first used, and
            # never again: a reproducible draw needs a model that was not used.
            ctranslate2.set_random_seed(seed)
            model = asks[0].model
            shelf.refresh(shelf.take(model, self._folder_of(model)))
            return self._generated(shelf, asks)

    def _generated(self, shelf: Shelf, asks: list[Ask]) -> list[Answer]:
        model = asks[0].model
        loaded = shelf.take(model, self._folder_of(model))
        prefix = shared_prefix(asks)
        shelf.make_room(loaded, prefix)
        cached = prefix in loaded.kept
        answers = generate(
            loaded.generator,
            loaded.tokens,
            asks,
            prefix=prefix,
            cached=cached,
            shares=self._shares,
            stopped=lambda: self._stopped,
        )
        loaded.kept.add(prefix)
        give_back()
        return answers

    def _refuse_all(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            for _, future in self._waiting:
                if future.set_running_or_notify_cancel():
                    future.set_exception(EngineStopped("The engine has stopped."))
            self._waiting.clear()
