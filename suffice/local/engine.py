"""
Answers prompts in batches: one thread, one batch at a time.

Asks wait in a list; the engine takes the oldest and what goes well with it
(`asks.next_batch`), so that nobody waits for ever and few tokens are computed
twice.  It never mixes models and never looks into a text.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import ctranslate2

from suffice.local.asks import MAX_BATCH, Answer, Ask, next_batch, shared_prefix
from suffice.local.generation import generate
from suffice.local.shelf import Shelf

COLLECT_S = 0.005
"""How long a batch waits for another ask before it starts."""


class EngineStopped(RuntimeError):
    """The engine takes no more asks."""


class Engine:
    """Runs from `start` to `stop`; *folder_of* gives the folder of a model's id."""

    def __init__(
        self, folder_of: Callable[[str], Path], *, threads: int | None = None
    ) -> None:
        self._folder_of = folder_of
        self._shelf = Shelf(threads=threads)
        self._waiting: list[tuple[Ask, Future[Answer]]] = []
        self._dropped: set[str] = set()
        self._changed = threading.Condition()
        self._stopped = True
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to answer."""
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Answer no more; who waits is told so."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

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
            self._dropped.add(model)

    @property
    def loaded(self) -> list[str]:
        """Ids of the models in memory."""
        return [name for name in self._shelf.names() if name not in self._dropped]

    @property
    def running(self) -> bool:
        """False before it starts and once it has stopped or failed."""
        return not self._stopped

    def _run(self) -> None:
        try:
            while batch := self._take():
                self._answer(batch)
        finally:
            self._refuse_all()

    def _take(self) -> list[tuple[Ask, Future[Answer]]]:
        """The next batch, waited for; empty when the engine is to stop."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopped)
            self._collect()
            if self._stopped:
                return []
            self._shelf.drop(self._dropped)
            self._dropped.clear()
            chosen = set(next_batch([ask for ask, _ in self._waiting]))
            batch = [entry for entry in self._waiting if entry[0] in chosen]
            self._waiting = [e for e in self._waiting if e[0] not in chosen]
        return batch

    def _collect(self) -> None:
        """Wait while asks keep coming: a burst is one batch."""
        seen = 0
        while seen < len(self._waiting) < MAX_BATCH and not self._stopped:
            seen = len(self._waiting)
            self._changed.wait(COLLECT_S)

    def _answer(self, batch: list[tuple[Ask, Future[Answer]]]) -> None:
        # A future that its caller cancelled takes no result.
        batch = [(a, f) for a, f in batch if f.set_running_or_notify_cancel()]
        asks = [ask for ask, _ in batch]
        if not asks:
            return
        try:
            answers = self._generate(asks)
            if self._stopped:
                raise EngineStopped("The server stopped before the answer was whole.")
        except (RuntimeError, ValueError, OSError) as error:
            for _, future in batch:
                future.set_exception(error)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            future.set_result(answer)

    def _generate(self, asks: list[Ask]) -> list[Answer]:
        model = asks[0].model
        loaded = self._shelf.take(model, self._folder_of(model))
        seed = asks[0].sampling.seed
        if seed is not None:
            # CTranslate2 seeds a model's generator when it is first used, and
            # never again: a reproducible draw needs a model that was not used.
            ctranslate2.set_random_seed(seed)
            self._shelf.refresh(loaded)
        prefix = shared_prefix(asks)
        self._shelf.make_room(loaded, prefix)
        cached = prefix in loaded.kept
        answers = generate(
            loaded.generator,
            loaded.tokens,
            asks,
            prefix=prefix,
            cached=cached,
            stopped=lambda: self._stopped,
        )
        loaded.kept.add(prefix)
        self._shelf.trim()
        return answers

    def _refuse_all(self) -> None:
        with self._changed:
            self._stopped = True
            for _, future in self._waiting:
                if future.set_running_or_notify_cancel():
                    future.set_exception(EngineStopped("The engine has stopped."))
            self._waiting.clear()
