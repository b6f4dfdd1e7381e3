"""
Answers a refused request with the error body of OpenAI's API.

Raised in a route of an `ErrorRoute`; no handler has to be added to the app.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response


@dataclass(kw_only=True)
class ApiError(Exception):
    """A refusal the client is told about."""

    message: str
    status: int = 400
    param: str | None = None
    """The request's field that is at fault."""
    code: str | None = None
    type: str = "invalid_request_error"


def not_found(what: str, name: str, param: str = "id") -> ApiError:
    """The refusal for a *what* that is not there."""
    return ApiError(
        message=f"No such {what}: {name!r}.", status=404, param=param, code="not_found"
    )


def body(error: ApiError) -> dict[str, Any]:
    """The JSON OpenAI would send."""
    return {
        "error": {
            "message": error.message,
            "type": error.type,
            "param": error.param,
            "code": error.code,
        }
    }


class ErrorRoute(APIRoute):
    """A route whose `ApiError` becomes a response."""

    def get_route_handler(
        self,
    ) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, with `ApiError` caught."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await handle(request)
            except ApiError as error:
                return JSONResponse(body(error), status_code=error.status)

        return guarded
