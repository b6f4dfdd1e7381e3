"""
The routes under ``/v1/files``.

Takes files for fine-tuning and for batches, and does not look inside: the job or
the batch says what is wrong with its file, as it does at OpenAI.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, UploadFile
from fastapi import File as Upload
from fastapi.responses import FileResponse

from suffice.local.api_error import ApiError, ErrorRoute, not_found
from suffice.local.file_store import FileStore, StoredFile
from suffice.local.paging import page

MAX_BYTES = 512 * 2**20
PURPOSES = ("fine-tune", "batch")


def files_router(root: Path) -> APIRouter:
    """The file routes, on the files under *root*."""
    router = APIRouter(prefix="/v1/files", route_class=ErrorRoute, tags=["files"])
    store = FileStore(root)

    @router.post("")
    def upload(
        file: Annotated[UploadFile | None, Upload()] = None,
        purpose: Annotated[str | None, Form()] = None,
    ) -> dict[str, Any]:
        return shown(store.add(*_checked(file, purpose)))

    @router.get("")
    def list_files(
        purpose: str | None = None,
        after: str | None = None,
        limit: int = 10_000,
        order: str = "desc",
    ) -> dict[str, Any]:
        files = [f for f in store.list() if purpose in (None, f.purpose)]
        if order == "asc":
            files.reverse()
        return page([shown(f) for f in files], after, limit, most=10_000)

    @router.get("/{file_id}")
    def retrieve(file_id: str) -> dict[str, Any]:
        return shown(_found(store, file_id))

    @router.get("/{file_id}/content")
    def content(file_id: str) -> FileResponse:
        file = _found(store, file_id)
        return FileResponse(store.path(file), media_type="application/octet-stream")

    @router.delete("/{file_id}")
    def delete(file_id: str) -> dict[str, Any]:
        if not store.delete(file_id):
            raise not_found("file", file_id)
        return {"id": file_id, "object": "file", "deleted": True}

    return router


def shown(file: StoredFile) -> dict[str, Any]:
    """The file as the API shows it."""
    return {
        "id": file.id,
        "object": "file",
        "bytes": file.bytes,
        "created_at": file.created_at,
        "expires_at": None,
        "filename": file.filename,
        "purpose": file.purpose,
        "status": "processed",
        "status_details": None,
    }


def _found(store: FileStore, file_id: str) -> StoredFile:
    file = store.get(file_id)
    if file is None:
        raise not_found("file", file_id)
    return file


def _checked(file: UploadFile | None, purpose: str | None) -> tuple[Any, str, str]:
    if file is None:
        raise ApiError(message="'file' is a required property.", param="file")
    if purpose not in PURPOSES:
        raise ApiError(
            message=f"{purpose!r} is not one of {list(PURPOSES)} - 'purpose'.",
            param="purpose",
        )
    if not file.size:
        raise ApiError(message="The file is empty.", param="file", code="empty_file")
    if file.size > MAX_BYTES:
        raise ApiError(
            message=f"The file has {file.size} bytes; at most {MAX_BYTES} are taken.",
            param="file",
            status=413,
        )
    return file.file, file.filename or "upload.jsonl", purpose
