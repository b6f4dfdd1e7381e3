"""Reads what a provider answers about jobs: pure, no network, no SDK."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from suffice.errors import (
    BaseRetired,
    CallFailed,
    DataRejected,
    FileNotReady,
    QuotaExceeded,
    SufficeError,
    TrainingError,
    TrainingUnavailable,
)
from suffice.redaction import redacted
from suffice.tuning.job import JobEvent, JobState

_MONEY = re.compile(
    r"insufficient_quota|credit_balance_exhausted|billing_hard_limit_reached"
    r"|\w*spend_limit_exceeded|\w*usage_limit_exceeded|quota_?exceeded"
    r"|credit_depleted|failed_payments|insufficient_credits",
    re.IGNORECASE,
)
_RETIRED = re.compile(
    r"model_(has_been_)?(deprecated|retired)|deprecated_model|modelDeprecated"
    r"|fine_tuning_deprecated",
    re.IGNORECASE,
)
_DATA = re.compile(r"invalid_(training|validation)_file|invalid_file|file_too_large")
_DATA_PARAMS = ("training_file", "validation_file", "file")
_UNREAD = re.compile(
    r"file.{0,80}(is not ready|not yet ready|still being processed|not been processed)",
    re.IGNORECASE | re.DOTALL,
)
_ELSEWHERE = (404, 405, 410, 501)


def refusal(status: int, error: Mapping[str, Any], where: str) -> SufficeError:
    """
    What a reply that is not 2xx means for a call that may cost money.

    `CallFailed` itself (not its subclass) means that nobody knows whether the call
    was accepted: any 408, 409, 429 or 5xx may come after the provider has acted.
    """
    code = str(error.get("code") or error.get("type") or "")
    said = redacted(str(error.get("message") or "no reason given"))[:300]
    told = f"{where} answered {status} {code}".rstrip() + f": {said}"
    if _MONEY.search(f"{code} {error.get('type')}") or status == 402:
        return QuotaExceeded(f"{told}; settle the account, then run again.")
    if 300 <= status < 400:
        return TrainingUnavailable(
            f"{where} redirects elsewhere, which is not followed for paid calls: "
            "put the final address into the brief."
        )
    if _RETIRED.search(code) or (status == 410 and error.get("param") == "model"):
        return BaseRetired(f"{told}; choose a base that lives on.")
    if status in (401, 403):
        return TrainingUnavailable(
            f"{told}; this key may not train there: use another endpoint or key."
        )
    if status in _ELSEWHERE or error.get("param") == "model":
        return TrainingUnavailable(f"{told}; choose another base or endpoint.")
    if status in (400, 422) and _UNREAD.search(said):
        return FileNotReady(f"{told}; run again in a few minutes.")
    if _DATA.search(code) or error.get("param") in _DATA_PARAMS or status == 413:
        return DataRejected(f"{told}; correct the training examples.")
    if status in (400, 422):
        return TrainingError(f"{told}; change the brief's tuning section.")
    return CallFailed(told)


def read_job(job: Mapping[str, Any]) -> JobState:
    """The state in a job object; unknown fields and statuses are let through."""
    error = job.get("error") or {}
    model = job.get("fine_tuned_model") or None
    # ft:base:organisation:suffix:id
    parts = str(model).split(":") if model else []
    suffix = job.get("user_provided_suffix") or job.get("suffix")
    return JobState(
        job_id=str(job["id"]),
        status=str(job.get("status") or "unknown"),
        base=str(job.get("model") or ""),
        fine_tuned_model=model,
        trained_tokens=job.get("trained_tokens"),
        cpu_s=job.get("cpu_s"),
        error=redacted(str(error.get("message") or "")),
        error_code=str(error.get("code") or ""),
        created_at=int(job.get("created_at") or 0),
        finished_at=job.get("finished_at"),
        estimated_finish=job.get("estimated_finish"),
        metadata={k: str(v) for k, v in (job.get("metadata") or {}).items()},
        suffix=str(suffix or (parts[3] if len(parts) >= 5 else "")),
    )


def read_event(event: Mapping[str, Any]) -> JobEvent:
    """The event in an event object; its numbers where it carries any."""
    data = event.get("data")
    numbers = data if isinstance(data, dict) else {}
    loss = numbers.get("train_loss", numbers.get("loss"))
    return JobEvent(
        id=str(event["id"]),
        at=int(event.get("created_at") or 0),
        message=redacted(str(event.get("message") or "")),
        level=str(event.get("level") or "info"),
        step=_whole(numbers.get("step")),
        total_steps=_whole(numbers.get("total_steps")),
        loss=_number(loss),
        valid_loss=_number(numbers.get("valid_loss")),
    )


@dataclass(frozen=True, kw_only=True)
class JobCheckpoint:
    """A state of the model during its job that can be asked like a model."""

    step: int
    model: str
    """What it is asked as; the last is often the tuned model itself."""
    valid_loss: float | None = None
    """On the whole validation file; `None` where there was none."""
    id: str = ""
    """The provider's own name for it."""


def read_checkpoint(checkpoint: Mapping[str, Any]) -> JobCheckpoint:
    """The checkpoint in a checkpoint object, OpenAI's or one in its shape."""
    metrics = checkpoint.get("metrics") or {}
    return JobCheckpoint(
        step=int(checkpoint.get("step_number") or 0),
        model=str(checkpoint.get("fine_tuned_model_checkpoint") or ""),
        valid_loss=_number(metrics.get("full_valid_loss")),
        id=str(checkpoint.get("id") or ""),
    )


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
