"""
Texts in, vectors out: asked for in batches, each text paid for once.

Vectors that are in the store are used.  Texts that come in while a batch is under way
make up the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, replace
from typing import Protocol, Self, runtime_checkable

from suffice.economics.prices import Price
from suffice.errors import CallFailed, EndpointDown, NoAnswer, OverBudget
from suffice.measuring.budget import Budget
from suffice.measuring.embeddings import Vector, vector
from suffice.measuring.responses import ResponseStore, response_key
from suffice.results import Completion

MOST_TEXTS = 128
"""Texts of one request; endpoints take 2,048, but long ones fill the context."""

_CHARS_PER_TOKEN = 3
"""Fewer than usual: what is reserved should rather be too much."""


@runtime_checkable
class Embeds(Protocol):
    """Anything that embeds texts, such as `suffice.measuring.models.OpenAIModel`."""

    async def embed(self, model: str, texts: Sequence[str]) -> Completion:
        """
        Their vectors, one to a line; see `suffice.measuring.embeddings`.

        Raises `CallFailed` and `SpendingStopped`.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """The vector of one text."""

    vector: Vector
    usd: float | None
    """At list prices; ``None`` when the price is unknown."""
    spent_usd: float
    """Paid now, by whoever asked first; 0 for what was stored."""
    latency_s: float = 0.0
    """Of the request that gave it."""


class Embedder:
    """One embedding model, on the account of a climb; ``async with`` it."""

    def __init__(
        self,
        model: str,
        endpoint: Embeds,
        *,
        endpoint_name: str,
        store: ResponseStore | None = None,
        price: Price | None = None,
        budget: Budget | None = None,
        needed: bool = False,
    ) -> None:
        """
        *price* is that of the model; ``None`` is unknown.

        One that is *needed* says `EndpointDown` while it has never given a vector.
        """
        self.model = model
        self._endpoint = endpoint
        self._endpoint_name = endpoint_name
        self._store = store
        self._price = price
        self._budget = budget
        self._needed = needed
        self._came = False
        self._known: dict[str, asyncio.Future[Completion]] = {}
        self._waiting: list[str] = []
        self._sending: asyncio.Task[None] | None = None
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open the endpoint's connections for the running event loop."""
        self._open, self._known, self._waiting = AsyncExitStack(), {}, []
        self._sending, self._came = None, False
        if isinstance(self._endpoint, AbstractAsyncContextManager):
            await self._open.enter_async_context(self._endpoint)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close them."""
        if self._sending is not None:
            await asyncio.gather(self._sending, return_exceptions=True)
        await self._open.aclose()

    async def vectors(self, texts: Sequence[str]) -> list[Embedded]:
        """
        Their vectors, in their order; texts must not be empty.

        Raises `CallFailed` when one cannot be had, `OverBudget` before a request
        that the budget does not bear, and `EndpointDown` where one that is needed
        answers nothing.
        """
        asked = [self._ask(text) for text in texts]
        return [await self._embedded(future, first) for future, first in asked]

    def _ask(self, text: str) -> tuple[asyncio.Future[Completion], bool]:
        """Its vector to come, and whether that has to be paid for now."""
        if text in self._known:
            return self._known[text], False
        future = asyncio.get_running_loop().create_future()
        self._known[text] = future
        stored = self._store.get(self._key(text)) if self._store else None
        if stored is not None:
            self._came = True
            future.set_result(stored)
            return future, False
        self._waiting.append(text)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send_all())
            self._sending.add_done_callback(self._give_up)
        return future, True

    async def _embedded(
        self, future: asyncio.Future[Completion], first: bool
    ) -> Embedded:
        completion = await asyncio.shield(future)
        try:
            found = vector(completion.text)
        except ValueError as error:
            raise CallFailed(f"what came is no vector: {error}") from error
        return Embedded(
            vector=found,
            usd=self._usd(completion),
            spent_usd=(completion.usd or 0.0) if first else 0.0,
            latency_s=completion.latency_s,
        )

    def _give_up(self, sending: asyncio.Task[None]) -> None:
        """Nobody waits for ever when sending ended for a reason of its own."""
        error = None if sending.cancelled() else sending.exception()
        for text, future in list(self._known.items()):
            if not future.done() and sending.cancelled():
                future.cancel()
            elif not future.done() and error:
                _fail(self._known.pop(text), error)

    async def _send_all(self) -> None:
        # What is asked for in the same moment goes into the same batch.
        await asyncio.sleep(0)
        while self._waiting:
            batch = self._waiting[:MOST_TEXTS]
            del self._waiting[:MOST_TEXTS]
            await self._send(batch)

    async def _send(self, batch: Sequence[str]) -> None:
        """One request; where it fails, its halves apart, to save all but the cause."""
        try:
            completions = await self._bought(batch)
        except (CallFailed, OverBudget) as error:
            if len(batch) > 1 and type(error) is CallFailed:
                await self._send(batch[: len(batch) // 2])
                await self._send(batch[len(batch) // 2 :])
                return
            for text in batch:
                _fail(self._known.pop(text), self._meant(error))
            return
        self._came = True
        for text, completion in zip(batch, completions, strict=True):
            self._known[text].set_result(completion)

    def _meant(self, error: CallFailed | OverBudget) -> Exception:
        """The failure of a request, or that of all that depends on it."""
        if not isinstance(error, NoAnswer) or self._came or not self._needed:
            return error
        down = EndpointDown(
            f"The embedder {self.model!r} answered nothing ({error}); check it and the "
            "address in the brief, or run again when the endpoint is there."
        )
        down.__cause__ = error
        return down

    async def _bought(self, batch: Sequence[str]) -> list[Completion]:
        n_chars = sum(map(len, batch))
        likely = self._price and self._price.usd(
            input_tokens=n_chars / _CHARS_PER_TOKEN, output_tokens=0
        )
        held = self._budget.reserve(likely or 0.0) if self._budget else None
        usd = 0.0
        try:
            got = await self._endpoint.embed(self.model, batch)
            got = replace(got, usd=self._usd(got))
            usd = got.usd or 0.0
        finally:
            if self._budget and held:
                self._budget.settle(held, usd)
        lines = got.text.split("\n")
        if len(lines) != len(batch):
            raise CallFailed(f"{len(lines)} vectors came for {len(batch)} texts")
        parts = [
            _part(got, line, len(text) / n_chars)
            for line, text in zip(lines, batch, strict=True)
        ]
        if self._store is not None:
            rows = [(self._key(t), p) for t, p in zip(batch, parts, strict=True)]
            await asyncio.to_thread(self._store.put_many, rows)
        return parts

    def _usd(self, completion: Completion) -> float | None:
        if self._price is None:
            return None
        return self._price.usd(
            input_tokens=completion.input_tokens,
            output_tokens=0,
            cpu_s=completion.cpu_s,
        )

    def _key(self, text: str) -> str:
        return response_key(self._endpoint_name, {"model": self.model, "input": text})


def _part(whole: Completion, line: str, share: float) -> Completion:
    """One text's part of a batch: its vector, and tokens by its length."""
    return replace(
        whole,
        text=line,
        input_tokens=max(1, round(whole.input_tokens * share)),
        cpu_s=None if whole.cpu_s is None else whole.cpu_s * share,
        usd=None if whole.usd is None else whole.usd * share,
    )


def _fail(future: asyncio.Future[Completion], error: BaseException) -> None:
    future.set_exception(error)
    # Whoever asked may have gone; asyncio complains about failures nobody has seen.
    future.exception()
