"""
Answers to and from the store, those that come together in one go.

Flushing the disk takes longer than a fast endpoint takes to answer, and so does the
way to a server: it is done on another thread, for as many as have come meanwhile.
"""

from __future__ import annotations

import asyncio

from suffice.errors import EnvironmentFailed
from suffice.measuring.responses import ResponseStore
from suffice.results import Completion

_Sought = tuple[str, asyncio.Future[Completion | None]]


class Shelf:
    """What one event loop reads from and writes to a store; ``None`` keeps nothing."""

    def __init__(self, store: ResponseStore | None) -> None:
        self._store = store
        self._waiting: list[tuple[str, Completion]] = []
        self._flush: asyncio.Task[None] | None = None
        self._sought: list[_Sought] = []
        self._search: asyncio.Task[None] | None = None

    async def find(self, key: str) -> Completion | None:
        """The stored answer, marked as reused; ``None`` when there is none."""
        if self._store is None:
            return None
        if not self._store.remote:
            return self._store.get(key)
        found: asyncio.Future[Completion | None]
        found = asyncio.get_running_loop().create_future()
        self._sought.append((key, found))
        if self._search is None or self._search.done():
            self._search = asyncio.create_task(self._search_all(self._store))
        return await found

    async def keep(self, key: str, completion: Completion) -> None:
        """Return when the answer is on the disk."""
        if self._store is None:
            return
        self._waiting.append((key, completion))
        running = self._flush
        if running is not None and not running.done():
            await asyncio.shield(running)
        if self._waiting and (self._flush is None or self._flush.done()):
            self._flush = asyncio.create_task(self._flush_all(self._store))
        if self._flush is not None:
            await asyncio.shield(self._flush)

    def close(self) -> None:
        """Put away what is still waiting, such as after Ctrl-C."""
        rows, self._waiting = self._waiting, []
        if self._store is not None and rows:
            self._store.put_many(rows)

    async def _flush_all(self, store: ResponseStore) -> None:
        rows, self._waiting = self._waiting, []
        # Shielded: what has been taken from the waiting is written, come what may.
        loop = asyncio.get_running_loop()
        await asyncio.shield(loop.run_in_executor(None, store.put_many, rows))

    async def _search_all(self, store: ResponseStore) -> None:
        # What is looked for in the same moment is looked for together.
        await asyncio.sleep(0)
        while self._sought:
            sought, self._sought = self._sought, []
            try:
                keys = [key for key, _ in sought]
                found = await asyncio.to_thread(store.get_many, keys)
            except EnvironmentFailed as error:
                # Nobody waits for ever for a search that failed.
                for _, future in sought:
                    if not future.done():
                        future.set_exception(error)
                continue
            for key, future in sought:
                if not future.done():
                    future.set_result(found.get(key))
