"""
The routes under ``/v1/fine_tuning/jobs``.

They only read and write the jobs' folders: training happens in a process of its
own, which a `JobRunner` starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request

from suffice.local.api_error import ApiError, ErrorRoute, not_found
from suffice.local.checkpoints import shown_checkpoints
from suffice.local.file_store import FileStore
from suffice.local.job_request import read_job
from suffice.local.job_store import TERMINAL, Job, JobStore
from suffice.local.paging import page
from suffice.local.runner import JobRunner
from suffice.local.starts import tunable

__all__ = ["JobRunner", "jobs_router"]


def jobs_router(root: Path) -> APIRouter:
    """The fine-tuning routes, on the jobs under *root*."""
    router = APIRouter(
        prefix="/v1/fine_tuning/jobs", route_class=ErrorRoute, tags=["fine-tuning"]
    )
    store = JobStore(root)

    @router.post("")
    async def create(request: Request) -> Job:
        files = {file.id for file in FileStore(root).list()}
        job = read_job(
            await _json(request), tunable=partial(tunable, root), files=files
        )
        store.create(job)
        store.say(job["id"], f"Created fine-tuning job: {job['id']}")
        store.say(job["id"], f"Validating training file: {job['training_file']}")
        return shown(job)

    @router.get("")
    def list_jobs(
        request: Request, after: str | None = None, limit: int = 20
    ) -> dict[str, Any]:
        jobs = [j for j in store.list() if _matches(j, request.query_params)]
        return page([shown(job) for job in jobs], after, limit)

    @router.get("/{job_id}")
    def retrieve(job_id: str) -> Job:
        return shown(_found(store, job_id))

    @router.post("/{job_id}/cancel")
    def cancel(job_id: str) -> Job:
        return shown(_cancelled(store, job_id))

    @router.get("/{job_id}/events")
    def events(
        job_id: str, after: str | None = None, limit: int = 20
    ) -> dict[str, Any]:
        _found(store, job_id)
        return page(store.events(job_id), after, limit)

    @router.get("/{job_id}/checkpoints")
    def checkpoints(
        job_id: str, after: str | None = None, limit: int = 10
    ) -> dict[str, Any]:
        job = _found(store, job_id)
        return page(shown_checkpoints(store, job), after, limit)

    return router


def shown(job: Job) -> Job:
    """The job as the API shows it."""
    return {key: value for key, value in job.items() if key != "order"}


async def _json(request: Request) -> Mapping[str, Any]:
    try:
        asked = await request.json()
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise ApiError(message="The request body is not a JSON object.")
    return asked


def _matches(job: Job, query: Mapping[str, str]) -> bool:
    """Whether the job carries every ``metadata[key]=value`` of the query."""
    have = job["metadata"] or {}
    if query.get("metadata") == "null":
        return not have
    wanted = {
        key.removeprefix("metadata[").removesuffix("]"): value
        for key, value in query.items()
        if key.startswith("metadata[")
    }
    return all(have.get(key) == value for key, value in wanted.items())


def _found(store: JobStore, job_id: str) -> Job:
    job = store.get(job_id)
    if job is None:
        raise not_found("fine-tuning job", job_id, "fine_tune_id")
    return job


def _cancelled(store: JobStore, job_id: str) -> Job:
    job = _found(store, job_id)
    if job["status"] in TERMINAL or not store.decide(job_id, "cancelled"):
        raise ApiError(
            message=f"Job has already completed: {job_id}", code="invalid_job_state"
        )
    store.say(job_id, "Fine-tuning job cancelled")
    return _found(store, job_id)
