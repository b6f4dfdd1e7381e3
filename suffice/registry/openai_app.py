"""
A champion behind OpenAI's own paths: OpenAI's clients need another address, no more.

MLflow's server has one path of its own, ``/invocations``.  This application has
``/v1/chat/completions``, ``/v1/responses`` and ``/v1/models``, streams where a client
wants that, and refuses in OpenAI's words.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Literal

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from suffice import __version__
from suffice.errors import EnvironmentFailed, SufficeError, UnusableInput
from suffice.local.api_error import ApiError, ErrorRoute, body
from suffice.registry import shapes
from suffice.registry.loading import Loaded
from suffice.registry.recipe import Server
from suffice.registry.streaming import chat_events, response_events

_NEEDED = {"chat": "messages", "responses": "input"}


def create_app(champion: Loaded, server: Server, key: str | None = None) -> FastAPI:
    """
    The application that answers as *champion* does, by *server*.

    With a *key*, requests under ``/v1`` need it as their bearer token.
    """
    app = FastAPI(title=f"suffice: {champion.name}", version=__version__)
    app.router.route_class = ErrorRoute
    if key is not None:
        _ask_for(app, key)

    @app.exception_handler(HTTPException)
    async def unroutable(request: Request, error: HTTPException) -> JSONResponse:
        message = f"{error.detail}: {request.method} {request.url.path}"
        return _shown(ApiError(message=message, status=error.status_code))

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        asked, stream = await _asked(request, "chat")
        answer = await _answer(server, asked)
        wanted = asked.get("stream_options")
        usage = isinstance(wanted, dict) and bool(wanted.get("include_usage"))
        return _sent(answer, chat_events(answer, with_usage=usage) if stream else None)

    @app.post("/v1/responses")
    async def responses(request: Request) -> Response:
        asked, stream = await _asked(request, "responses")
        answer = await _answer(server, asked)
        return _sent(answer, response_events(answer) if stream else None)

    _add_about(app, champion)
    return app


def _add_about(app: FastAPI, champion: Loaded) -> None:
    model = {
        "id": champion.name,
        "object": "model",
        "created": 0,
        "owned_by": "suffice",
    }

    @app.get("/v1/models")
    def models() -> dict[str, Any]:
        return {"object": "list", "data": [model]}

    @app.get("/v1/models/{name}")
    def one(name: str) -> dict[str, Any]:
        if name != champion.name:
            raise ApiError(
                message=f"No such model: {name!r}; there is {champion.name!r}.",
                status=404,
                code="model_not_found",
            )
        return model

    @app.get("/healthz")
    def health() -> dict[str, str]:
        candidate = champion.recipe.candidate
        return {
            "status": "ok",
            "name": champion.name,
            "version": champion.version,
            "rung": candidate.rung,
            "model": candidate.model,
        }


def _ask_for(app: FastAPI, key: str) -> None:
    wanted = f"Bearer {key}".encode()
    refused = ApiError(
        message="Incorrect API key: send the one that the server was started with.",
        status=401,
        code="invalid_api_key",
    )

    @app.middleware("http")
    async def known(
        request: Request, go_on: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        given = request.headers.get("authorization", "").encode("latin-1")
        # Who looks whether it is alive needs no key, as everywhere.
        if request.url.path != "/healthz" and not hmac.compare_digest(given, wanted):
            return _shown(refused)
        return await go_on(request)


async def _asked(
    request: Request, shape: Literal["chat", "responses"]
) -> tuple[dict[str, Any], bool]:
    """The request without its wish for a stream, and that wish."""
    try:
        asked = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise ApiError(message=f"The body is no JSON: {error}.") from error
    if not isinstance(asked, dict) or _NEEDED[shape] not in asked:
        needed = _NEEDED[shape]
        raise ApiError(
            message=f"Missing required parameter: {needed!r}.",
            param=needed,
            code="missing_required_parameter",
        )
    if shape == "responses":
        # Both would be taken for a chat completion.
        asked.pop("messages", None)
    return asked, bool(asked.pop("stream", False))


async def _answer(server: Server, asked: Mapping[str, Any]) -> dict[str, Any]:
    try:
        given = shapes.read(asked)
        turns = await asyncio.wrap_future(server.submit(given.asked, given.tools))
    except UnusableInput as error:
        raise ApiError(message=str(error)) from error
    except SufficeError as error:
        # A client may try again later: its request was good.
        kind = "environment" if isinstance(error, EnvironmentFailed) else "endpoint"
        raise ApiError(
            message=str(error), status=503, code=f"{kind}_failed", type="server_error"
        ) from error
    return shapes.body(given, turns[0])


def _sent(answer: dict[str, Any], events: Iterator[str] | None) -> Response:
    if events is None:
        return JSONResponse(answer)
    return StreamingResponse(events, media_type="text/event-stream")


def _shown(error: ApiError) -> JSONResponse:
    return JSONResponse(body(error), status_code=error.status)
