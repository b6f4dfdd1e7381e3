"""
Reads what Together answers, into OpenAI's words where there are any. Pure.

Shapes: https://github.com/togethercomputer/openapi, FinetuneResponse, FineTuneEvent,
FineTuneCheckpoint and FileResponse.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from suffice.tuning.job import JobEvent, JobState
from suffice.tuning.job_replies import JobCheckpoint

STATUSES = {
    "pending": "queued",
    "queued": "queued",
    "running": "running",
    "compressing": "running",
    "uploading": "running",
    # Cancelling is not cancelled: it may still end with a model.
    "cancel_requested": "running",
    "cancelled": "cancelled",
    "user_error": "failed",
    "error": "failed",
    "completed": "succeeded",
}


def read_job(job: Mapping[str, Any]) -> JobState:
    """The state in a job object; a status nobody has heard of goes on."""
    status = STATUSES.get(str(job.get("status")), str(job.get("status") or "unknown"))
    events = job.get("events") or []
    errors = [e for e in events if e.get("type") in ("job_error", "billing_limit")]
    ended = status in ("succeeded", "failed", "cancelled")
    model = job.get("model_output_name")
    return JobState(
        job_id=str(job["id"]),
        status=status,
        base=str(job.get("model") or ""),
        # The name is given at the start; before the end there is no such model.
        fine_tuned_model=str(model) if model and status == "succeeded" else None,
        trained_tokens=job.get("token_count") or None,
        usd=_usd(job.get("total_price")),
        error=str(errors[-1].get("message") or "") if errors else "",
        error_code=str(errors[-1].get("type") or "") if errors else "",
        created_at=seconds(job.get("created_at")) or 0,
        finished_at=seconds(job.get("updated_at")) if ended else None,
        suffix=str(job.get("suffix") or _suffix_in(model)),
    )


def read_event(event: Mapping[str, Any]) -> JobEvent:
    """The event in an event object; its name is the hash it carries, or its place."""
    at = seconds(event.get("created_at")) or 0
    step = event.get("step")
    told = event.get("hash") or f"{at}-{event.get('type')}-{step}"
    return JobEvent(
        id=str(told),
        at=at,
        message=str(event.get("message") or event.get("type") or ""),
        level=str(event.get("level") or "info"),
        step=step if isinstance(step, int) and step > 0 else None,
        total_steps=event.get("total_steps") or None,
    )


def read_checkpoint(checkpoint: Mapping[str, Any], job_id: str) -> JobCheckpoint:
    """The checkpoint; it is continued from by ``JOB:STEP``, but not asked as that."""
    step = int(checkpoint.get("step") or 0)
    return JobCheckpoint(step=step, model="", id=f"{job_id}:{step}")


def read_file(file: Mapping[str, Any]) -> dict[str, Any]:
    """The file object in OpenAI's shape."""
    ready = file.get("Processed")
    status = None if ready is None else "processed" if ready else "uploaded"
    return {
        "id": str(file["id"]),
        "filename": file.get("filename"),
        "bytes": file.get("bytes"),
        "status": status,
    }


def seconds(told: object) -> int | None:
    """
    Seconds since 1970 of a time as APIs write it.

    >>> seconds("2023-05-17T17:35:45.123Z"), seconds(None)
    (1684344945, None)
    """
    if isinstance(told, int | float):
        return int(told)
    try:
        return int(datetime.fromisoformat(str(told)).timestamp()) if told else None
    except ValueError:
        return None


def _usd(price: object) -> float | None:
    """
    USD of a job's price, which is told in billionths; ``None`` before it is known.

    See finetune_price_to_dollars in https://github.com/togethercomputer/together-py.

    >>> _usd(2_500_000_000), _usd(0)
    (2.5, None)
    """
    return price / 1e9 if isinstance(price, int | float) and price > 0 else None


def _suffix_in(model: object) -> str:
    """Ours, in ``account/Base-Model-name-1a2b3c4d-0f9e8d7c``: all but the last part."""
    return str(model).rpartition("-")[0] if model else ""
