"""Replies of an endpoint, and one call of it, for the tests of OpenAIModel."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from suffice.measuring.models import OpenAIModel
from suffice.results import Completion

REQUEST = {
    "model": "m",
    "messages": [{"role": "user", "content": "Hello?"}],
    "max_tokens": 5,
}


Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]


def body(**changes: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": "Hello."}
    return {
        "model": "m-1",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": 9,
            "completion_tokens": 2,
            "prompt_tokens_details": {"cached_tokens": 4},
            "cpu_s": 0.25,
        },
        **changes,
    }


def reply(
    status: int = 200, content: Any = None, headers: dict[str, str] | None = None
) -> Reply:
    async def send(_: web.Request) -> web.StreamResponse:
        shown = body() if content is None else content
        return web.json_response(shown, status=status, headers=headers)

    return send


def error(status: int, code: str = "", headers: dict[str, str] | None = None) -> Reply:
    return reply(status, {"error": {"message": "No.", "code": code}}, headers)


def ask(endpoint: Any, timeout_s: float = 10, **settings: Any) -> Completion:
    async def once() -> Completion:
        model = OpenAIModel(
            endpoint.base_url, "secret", timeout_s, 4, first_wait_s=0.01, **settings
        )
        async with model:
            return await model.complete(REQUEST)

    return asyncio.run(once())
