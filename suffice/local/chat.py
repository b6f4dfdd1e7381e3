"""
``POST /v1/chat/completions``: one answer, whole or as a stream.

A client that goes away takes its request with it: the engine stops writing.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import threading
import time
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import ValidationError

from suffice.local.api_error import ApiError, ErrorRoute, body
from suffice.local.asks import Answer, Ask
from suffice.local.catalogue import Catalogue
from suffice.local.chat_reply import (
    Head,
    chunk,
    completion,
    event,
    logprobs_of,
    new_id,
    usage_chunk,
)
from suffice.local.chat_request import ChatRequest, refuse_unsupported
from suffice.local.engine import Engine, EngineStopped
from suffice.local.prompts import ask_of
from suffice.local.tokens import Tokens

CLIENT_CLOSED = 499
"""What a log shows for a request whose client went away; nobody receives it."""


def chat_router(catalogue: Catalogue, engine: Engine) -> APIRouter:
    """The chat route."""
    router = APIRouter(prefix="/v1/chat", route_class=ErrorRoute, tags=["chat"])

    @router.post("/completions", response_model=None)
    async def complete(request: ChatRequest, http: Request) -> Response:
        refuse_unsupported(request)
        base = catalogue.base_of(request.model)
        folder = await asyncio.to_thread(catalogue.ct2, request.model)
        tokens = await asyncio.to_thread(tokens_of, folder)
        ask = ask_of(request, tokens, base.context_tokens)
        head = Head(id=new_id(), created=int(time.time()), model=request.model)
        if request.stream:
            stream = _Stream(request=request, head=head, tokens=tokens)
            return StreamingResponse(
                stream.events(engine, ask), media_type="text/event-stream"
            )
        answer = await _answer(engine, ask, http)
        if answer is None:
            return Response(status_code=CLIENT_CLOSED)
        logprobs = logprobs_of(answer, tokens) if request.logprobs else None
        return JSONResponse(completion(head, answer, logprobs))

    return router


def begin_answer(
    catalogue: Catalogue, engine: Engine, asked: Mapping[str, Any]
) -> Future[dict[str, Any]]:
    """
    Begin to answer the body of one request outside HTTP, as a batch does.

    Raises `ApiError` for what would be refused there.
    """
    try:
        request = ChatRequest.model_validate(asked)
    except ValidationError as error:
        raise ApiError(message=str(error)) from error
    refuse_unsupported(request)
    base = catalogue.base_of(request.model)
    tokens = tokens_of(catalogue.ct2(request.model))
    answer = _submit(engine, ask_of(request, tokens, base.context_tokens))
    head = Head(id=new_id(), created=int(time.time()), model=request.model)
    done: Future[dict[str, Any]] = Future()

    def tell(answered: Future[Answer]) -> None:
        error = answered.exception()
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(completion(head, answered.result(), None))

    answer.add_done_callback(tell)
    return done


@functools.lru_cache(maxsize=8)
def tokens_of(folder: Path) -> Tokens:
    """The tokenizer in *folder*, kept for the next request."""
    return Tokens(folder)


async def _answer(engine: Engine, ask: Ask, http: Request) -> Answer | None:
    """The answer; None when the client has gone."""
    gone = threading.Event()
    future = _submit(engine, dataclasses.replace(ask, given_up=gone.is_set))
    answered = asyncio.ensure_future(_settled(future))
    left = asyncio.ensure_future(_disconnected(http))
    try:
        await asyncio.wait({answered, left}, return_when=asyncio.FIRST_COMPLETED)
        return await answered if answered.done() else None
    finally:
        gone.set()
        answered.cancel()
        left.cancel()


def _submit(engine: Engine, ask: Ask) -> Future[Answer]:
    try:
        return engine.ask(ask)
    except EngineStopped as error:
        raise _broken(error, status=503) from error


async def _settled(future: Future[Answer]) -> Answer:
    try:
        return await asyncio.wrap_future(future)
    except (RuntimeError, ValueError, OSError) as error:
        raise _broken(error, status=500) from error


async def _disconnected(http: Request) -> None:
    while (await http.receive())["type"] != "http.disconnect":
        pass


def _broken(error: Exception, *, status: int) -> ApiError:
    return ApiError(
        message=f"The engine failed: {error}", status=status, type="server_error"
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Stream:
    """One streamed reply."""

    request: ChatRequest
    head: Head
    tokens: Tokens

    async def events(self, engine: Engine, ask: Ask) -> AsyncIterator[str]:
        """Server-sent events: the texts as they come, then how it ended."""
        gone = threading.Event()
        texts: asyncio.Queue[str | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def tell(text: str | None) -> None:
            # The loop is closed when the server stops in mid-answer.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(texts.put_nowait, text)

        try:
            future = _submit(
                engine, dataclasses.replace(ask, on_text=tell, given_up=gone.is_set)
            )
            future.add_done_callback(lambda _: tell(None))
            yield chunk(self.head, {"role": "assistant", "content": ""})
            while (text := await texts.get()) is not None:
                yield chunk(self.head, {"content": text})
            for last in self._endings(await _settled(future)):
                yield last
        except ApiError as error:
            yield event(body(error))
        finally:
            gone.set()

    def _endings(self, answer: Answer) -> list[str]:
        logprobs: dict[str, Any] | None = None
        if self.request.logprobs:
            logprobs = logprobs_of(answer, self.tokens)
        events = [chunk(self.head, {}, answer.finish, logprobs)]
        options = self.request.stream_options
        if options is not None and options.include_usage:
            events.append(usage_chunk(self.head, answer))
        return [*events, "data: [DONE]\n\n"]
