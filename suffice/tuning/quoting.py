"""
The most a job may cost, where the provider itself says what it will.

It is asked once the files are there, and before the intent is written: what it says
is reserved where that is more than our own estimate, or where we have none.
"""

from __future__ import annotations

from suffice.errors import (
    CallFailed,
    QuotaExceeded,
    SpendingStopped,
    TrainingError,
)
from suffice.tuning.job import Clock, TuneSpec
from suffice.tuning.ledger import Ledger
from suffice.tuning.protocol import Backend
from suffice.tuning.uploads import upload

QUOTE = ("together",)
"""Providers that say what a job will cost before it is paid for."""
_ATTEMPTS = 3


def most_usd(
    spec: TuneSpec,
    files: tuple[bytes, bytes | None],
    *,
    client: Backend,
    ledger: Ledger,
    ours_usd: float | None,
    climb_id: str = "",
    clock: Clock | None = None,
) -> float | None:
    """
    What to reserve for the job of *spec*: *ours_usd* or their word, the larger.

    ``None`` where nobody knows, which the ledger refuses.  Nothing is asked of a
    provider that gives no quotes, nor about a job that is there.  Raises
    `QuotaExceeded` when the account would not bear it.
    """
    if not client.quotes or _is_there(spec, ledger):
        return ours_usd
    clock = clock or Clock()
    try:
        theirs_usd = _asked(spec, files, client, ledger, climb_id, clock)
    except QuotaExceeded:
        # A job that was accepted is followed, whatever is said of another one.
        if client.find_jobs(spec):
            return ours_usd
        raise
    except SpendingStopped:
        raise
    except (CallFailed, TrainingError):
        # Where we know it ourselves, submitting says what is wrong, and tries longer.
        if ours_usd is None:
            raise
        return ours_usd
    known = [usd for usd in (ours_usd, theirs_usd) if usd is not None]
    return max(known, default=None)


def _asked(
    spec: TuneSpec,
    files: tuple[bytes, bytes | None],
    client: Backend,
    ledger: Ledger,
    climb_id: str,
    clock: Clock,
) -> float | None:
    training_id, validation_id = (
        None
        if file is None
        else upload(file, client=client, ledger=ledger, climb_id=climb_id, clock=clock)
        for file in files
    )
    assert training_id is not None
    for attempt in range(1, _ATTEMPTS):
        try:
            return client.quote(spec, (training_id, validation_id))
        except SpendingStopped:
            raise
        except CallFailed:
            clock.sleep(0.5 * 2.0**attempt)
            client.reconnect()
    return client.quote(spec, (training_id, validation_id))


def _is_there(spec: TuneSpec, ledger: Ledger) -> bool:
    rows = ledger.rows(kind="job", provider=spec.endpoint_name, key=spec.key)
    return bool(rows) and rows[-1].state in ("submitted", "succeeded")
