"""What a job's own last word means: its model, or why there is none, in the ledger."""

from __future__ import annotations

import json
from dataclasses import asdict

from suffice.errors import DataRejected, SufficeError, TrainingFailed
from suffice.tuning.job import JobState, TunedModel
from suffice.tuning.ledger import Entry, Ledger, State

_LAST_WORDS: dict[str, State] = {
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}
BAD_FILES = ("invalid_training_file", "invalid_validation_file")
"""What is wrong is in the files, so that another job on them would end alike."""
_BAD_DATA = (*BAD_FILES, "invalid_file")


def known_model(ledger: Ledger, job_id: str) -> TunedModel | None:
    """The model of a job that the ledger knows to have ended well."""
    known = entry_of(ledger, job_id)
    if known is None or not known.result:
        return None
    return TunedModel(**json.loads(known.result))


def settle_model(
    ledger: Ledger, state: JobState, model: str, usd: float | None
) -> TunedModel:
    """The tuned *model* of the job, written down together with what it cost."""
    took = None if state.finished_at is None else state.finished_at - state.created_at
    tuned = TunedModel(
        model=model,
        base=state.base,
        job_id=state.job_id,
        trained_tokens=state.trained_tokens,
        cpu_s=state.cpu_s,
        train_s=took,
        upfront_usd=usd,
    )
    settle(ledger, state, usd, result=json.dumps(asdict(tuned)))
    return tuned


def failure(name: str, state: JobState) -> SufficeError:
    """Why the job ended without a model at the endpoint called *name*."""
    why = state.error or "it gave no reason"
    told = f"{name} ended {state.job_id} as {state.status}: {why}"
    if state.error_code in _BAD_DATA:
        return DataRejected(f"{told}; correct the training examples.")
    return TrainingFailed(f"{told}; ask for another job to try again.")


def settle(
    ledger: Ledger, state: JobState, usd: float | None, *, result: str = ""
) -> None:
    """Close the job's entry; without a price the reservation is what it cost."""
    entry = entry_of(ledger, state.job_id)
    if entry is None:
        return
    # Without a price the reservation is the honest upper end.
    spent = entry.reserved_usd if usd is None else usd
    ledger.settle(
        entry,
        _LAST_WORDS[state.status],
        spent_usd=spent,
        note=state.error,
        result=result,
    )


def entry_of(ledger: Ledger, job_id: str) -> Entry | None:
    """The job's entry in the ledger, where it has one."""
    found = ledger.rows(kind="job", provider_id=job_id)
    return found[-1] if found else None
