"""Puts the embedded server together."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from suffice import __version__
from suffice.local.activity import Activity, ActivityMiddleware
from suffice.local.api_error import ApiError, body
from suffice.local.batch_routes import batches_router
from suffice.local.batch_runner import BatchRunner
from suffice.local.catalogue import Catalogue
from suffice.local.chat import begin_answer, chat_router
from suffice.local.embeddings import embeddings_router
from suffice.local.engine import Engine
from suffice.local.files import files_router
from suffice.local.jobs import JobRunner, jobs_router
from suffice.local.models_api import models_router


def create_app(root: Path, *, activity: Activity | None = None) -> FastAPI:
    """The server for the files, jobs and models under *root*."""
    catalogue = Catalogue(root)
    engine = Engine(catalogue.ct2)
    runner = JobRunner(root)
    batches = BatchRunner(root, partial(begin_answer, catalogue, engine))

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        engine.start()
        runner.start()
        batches.start()
        try:
            yield
        finally:
            batches.leave()
            engine.stop()
            batches.stop()
            runner.stop()

    app = FastAPI(title="suffice, embedded", version=__version__, lifespan=life)
    app.add_middleware(ActivityMiddleware, activity=activity or Activity())
    for router in (
        chat_router(catalogue, engine),
        embeddings_router(catalogue),
        models_router(catalogue, engine),
        files_router(root),
        jobs_router(root),
        batches_router(root),
    ):
        app.include_router(router)
    _add_errors(app)
    _add_health(app, root, engine)
    return app


def _add_health(app: FastAPI, root: Path, engine: Engine) -> None:
    @app.get("/healthz")
    def health() -> JSONResponse:
        state: dict[str, Any] = {
            "status": "ok" if engine.running else "stopped",
            "version": __version__,
            "pid": os.getpid(),
            "root": str(root),
            "loaded": engine.loaded,
        }
        return JSONResponse(state, status_code=200 if engine.running else 503)


def _add_errors(app: FastAPI) -> None:
    """Answer everything that is refused before it reaches a route's own code."""

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return _shown(explained(error))

    @app.exception_handler(HTTPException)
    async def unroutable(request: Request, error: HTTPException) -> JSONResponse:
        message = f"{error.detail}: {request.method} {request.url.path}"
        code = "unknown_url" if error.status_code == 404 else None
        refusal = ApiError(message=message, status=error.status_code, code=code)
        return _shown(refusal)


def explained(error: RequestValidationError) -> ApiError:
    """The first thing wrong with a request, in OpenAI's words where it has some."""
    first = error.errors()[0]
    place = [part for part in first["loc"][1:] if isinstance(part, int | str)]
    param = ".".join(map(str, place)) or None
    if first["type"] == "extra_forbidden":
        message = f"Unrecognized request argument supplied: {param}"
        return ApiError(message=message, param=param, code="unknown_parameter")
    if first["type"] == "missing":
        message = f"Missing required parameter: '{param}'."
        return ApiError(message=message, param=param, code="missing_required_parameter")
    message = f"Invalid '{param}': {first['msg']}; it is {first.get('input')!r:.200}."
    return ApiError(message=message, param=param, code="invalid_value")


def _shown(error: ApiError) -> JSONResponse:
    return JSONResponse(body(error), status_code=error.status)
