"""
Reads what Fireworks answers, into OpenAI's words where there are any. Pure.

Shapes: https://docs.fireworks.ai/api-reference/get-supervised-fine-tuning-job and
https://github.com/fw-ai-external/python-sdk (types).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suffice.tuning.job import JobEvent, JobState
from suffice.tuning.together_replies import seconds

STATES = {
    "CREATING": "queued",
    "PENDING": "queued",
    "VALIDATING": "validating_files",
    "CREATING_INPUT_DATASET": "validating_files",
    "RE_QUEUEING": "queued",
    "RUNNING": "running",
    "WRITING_RESULTS": "running",
    "IDLE": "running",
    "CANCELLING": "running",
    "DELETING": "running",
    "COMPLETED": "succeeded",
    "EARLY_STOPPED": "succeeded",
    "FAILED": "failed",
    "EXPIRED": "failed",
    "CANCELLED": "cancelled",
}


def read_job(job: Mapping[str, Any]) -> JobState:
    """The state in a job object; a state nobody has heard of goes on."""
    state = str(job.get("state") or "").removeprefix("JOB_STATE_")
    status = STATES.get(state, state.lower() or "unknown")
    error = job.get("status") or {}
    failed = status == "failed"
    model = job.get("outputModel")
    return JobState(
        job_id=short(job["name"]),
        status=status,
        base=str(job.get("baseModel") or ""),
        # The name is given at the start; before the end there is no such model.
        fine_tuned_model=str(model) if model and status == "succeeded" else None,
        trained_tokens=(job.get("jobProgress") or {}).get("inputTokens") or None,
        usd=_usd(job.get("estimatedCost")),
        error=str(error.get("message") or "") if failed else "",
        error_code=_code(error) if failed else "",
        created_at=seconds(job.get("createTime")) or 0,
        finished_at=seconds(job.get("completedTime")),
    )


def read_event(job: Mapping[str, Any]) -> JobEvent | None:
    """How far the job is; ``None`` where it does not say."""
    percent = (job.get("jobProgress") or {}).get("percent")
    if not isinstance(percent, int):
        return None
    return JobEvent(
        id=str(percent),
        at=seconds(job.get("updateTime")) or 0,
        message=f"{percent} % done",
        step=percent,
        total_steps=100,
    )


def read_dataset(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """The dataset as a file object in OpenAI's shape."""
    ready = dataset.get("state") == "READY"
    return {
        "id": short(dataset["name"]),
        "filename": dataset.get("displayName"),
        "bytes": None,
        "status": "processed" if ready else "uploaded",
        "status_details": (dataset.get("status") or {}).get("message"),
    }


def said(model: Mapping[str, Any], suspended: str) -> tuple[bool, str]:
    """Whether *model* may be trained there, and why not."""
    if suspended != "UNSUSPENDED":
        return False, f"the account is suspended: {suspended}"
    if not model.get("tunable"):
        return False, "it says that this model cannot be tuned"
    return True, ""


def short(name: object) -> str:
    """The last part of ``accounts/NAME/kind/ID``."""
    return str(name).rpartition("/")[2]


def _usd(cost: Mapping[str, Any] | None) -> float | None:
    """
    USD of an amount as Google's APIs write one.

    >>> _usd({"currencyCode": "USD", "units": "1", "nanos": 750_000_000})
    1.75
    """
    if not cost or cost.get("currencyCode") not in ("USD", None):
        return None
    if not (cost.get("units") or cost.get("nanos")):
        return None
    return int(cost.get("units") or 0) + int(cost.get("nanos") or 0) / 1e9


def _code(error: Mapping[str, Any]) -> str:
    """Google's word for a bad argument is what a bad training file is called here."""
    code = str(error.get("code") or "")
    told = str(error.get("message") or "").lower()
    bad = code == "INVALID_ARGUMENT" and "dataset" in told
    return "invalid_training_file" if bad else code
