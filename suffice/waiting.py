"""What a brief says about waiting for a fine-tuning job: patience, workers, the end."""

from __future__ import annotations

from pydantic import Field

from suffice.brief_part import BriefPart


class Waiting(BriefPart):
    """How a job that takes long is waited for."""

    silence_s: float = Field(default=7200.0, gt=0)
    """Seconds without progress after which a job that gave no estimate is reported as
    stalled; with an estimate it is twice that. It is followed on."""
    worker_s: float = Field(default=900.0, gt=0)
    """Seconds for which a deployed run holds its worker for a job. One that takes
    longer is looked at again by a later run."""
    look_again_s: float = Field(default=900.0, gt=0)
    """Most seconds until that later run, where no webhook wakes it before."""
    cancel_with_run: bool = False
    """Whether cancelling the Prefect run cancels the provider's job, too. Without,
    the job goes on and the next climb adopts it."""
