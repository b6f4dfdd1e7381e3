"""What an endpoint itself says of training a base. Reading only, nothing is spent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from statistics import median
from typing import Any

from suffice.errors import SufficeError
from suffice.tuning.job import JobState


@dataclass(frozen=True, kw_only=True)
class Told:
    """What an endpoint says of training one base; ``None``: it does not say."""

    base: str
    key_accepted: bool | None = None
    """Whether it let the key read."""
    may_train: bool | None = None
    """Whether this key may train this base, where that can be read at all."""
    why: str = ""
    """Its reason, where it said no."""
    bases: tuple[str, ...] = ()
    """Bases it says can be tuned."""
    shutdown_on: date | None = None
    """Day the base is switched off."""
    trainable_until: date | None = None
    """Last day on which a job may be created."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """Such as ``max_epochs`` or ``context_tokens``."""
    tokens_per_s: float | None = None
    """Trained tokens per second, waiting included, of this account's past jobs."""


def pace_of(jobs: Iterable[JobState], base: str) -> float | None:
    """Trained tokens per second of the jobs on *base*: their median, where any is."""
    paces = [
        job.trained_tokens / (job.finished_at - job.created_at)
        for job in jobs
        if job.base == base
        and job.status == "succeeded"
        and job.trained_tokens
        and job.finished_at is not None
        and job.finished_at > job.created_at
    ]
    return median(paces) if paces else None


def day_of(told: object) -> date | None:
    """
    The day in what was told: an ISO date or time, or seconds since 1970.

    >>> day_of("2027-01-14T00:00:00Z"), day_of(1_800_000_000), day_of("soon")
    (datetime.date(2027, 1, 14), datetime.date(2027, 1, 15), None)
    """
    try:
        if isinstance(told, str):
            return datetime.fromisoformat(told).date()
        if isinstance(told, int | float) and not isinstance(told, bool):
            return datetime.fromtimestamp(told, UTC).date()
    except (ValueError, OverflowError, OSError):
        pass
    return None


def said_of_model(model: Mapping[str, Any]) -> dict[str, Any]:
    """
    Fields of `Told` in a model object of OpenAI's API or Azure's.

    OpenAI tells ``shutdown_date``; Azure tells whether a model can be tuned and until
    when (https://learn.microsoft.com/en-us/rest/api/azureopenai/models/list).
    """
    ends = model.get("deprecation") or {}
    able = (model.get("capabilities") or {}).get("fine_tune")
    context = model.get("context_window")
    ends_on = model.get("shutdown_date") or ends.get("inference")
    return {
        "shutdown_on": day_of(ends_on),
        "trainable_until": day_of(ends.get("fine_tune")),
        "may_train": False if able is False else None,
        "why": "it says that this model cannot be tuned" if able is False else "",
        "limits": {"context_tokens": context} if context else {},
    }


def refused(base: str, error: SufficeError) -> Told:
    """What a refusal to read tells."""
    return Told(
        base=base,
        key_accepted=status_of(error) != 401,
        may_train=False,
        why=str(error),
    )


def status_of(error: BaseException) -> int | None:
    """The HTTP status behind an error of ours; ``None`` where there was no reply."""
    found = getattr(error.__cause__, "status_code", None)
    return found if isinstance(found, int) else None
