"""The routes under ``/v1/batches``; a `BatchRunner` answers what they take in."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from suffice.local.api_error import ApiError, ErrorRoute, not_found
from suffice.local.batch_store import ENDED, Batch, BatchStore
from suffice.local.file_store import FileStore
from suffice.local.paging import page

_ENDPOINT = "/v1/chat/completions"


class _Asked(BaseModel):
    input_file_id: str
    endpoint: str
    completion_window: str = "24h"
    metadata: dict[str, str] | None = None


def batches_router(root: Path) -> APIRouter:
    """The batch routes, on the files under *root*."""
    router = APIRouter(prefix="/v1/batches", route_class=ErrorRoute, tags=["batches"])
    store, files = BatchStore(root), FileStore(root)

    @router.post("")
    def create(asked: _Asked) -> Batch:
        if asked.endpoint != _ENDPOINT:
            raise ApiError(
                message=f"'endpoint' must be {_ENDPOINT!r}, not {asked.endpoint!r}.",
                param="endpoint",
            )
        file = files.get(asked.input_file_id)
        if file is None or file.purpose != "batch":
            raise not_found("batch file", asked.input_file_id, "input_file_id")
        batch = _new(asked)
        store.write(batch)
        return batch

    @router.get("")
    def list_batches(after: str | None = None, limit: int = 20) -> dict[str, Any]:
        return page(store.list(), after, limit)

    @router.get("/{batch_id}")
    def retrieve(batch_id: str) -> Batch:
        return _found(store, batch_id)

    @router.post("/{batch_id}/cancel")
    def cancel(batch_id: str) -> Batch:
        batch = _found(store, batch_id)
        if batch["status"] in ENDED:
            raise ApiError(
                message=f"The batch {batch_id} is {batch['status']} already.",
                code="invalid_batch_state",
            )
        cancelled = {**batch, "status": "cancelling", "cancelling_at": _now()}
        store.write(cancelled)
        return cancelled

    return router


def _found(store: BatchStore, batch_id: str) -> Batch:
    batch = store.get(batch_id)
    if batch is None:
        raise not_found("batch", batch_id)
    return batch


def _new(asked: _Asked) -> Batch:
    created = _now()
    return {
        "id": f"batch_{uuid.uuid4().hex[:24]}",
        "object": "batch",
        "endpoint": asked.endpoint,
        "input_file_id": asked.input_file_id,
        "completion_window": asked.completion_window,
        "status": "validating",
        "output_file_id": None,
        "error_file_id": None,
        "errors": None,
        "created_at": created,
        "expires_at": created + 24 * 3600,
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "metadata": asked.metadata,
    }


def _now() -> int:
    return int(time.time())
