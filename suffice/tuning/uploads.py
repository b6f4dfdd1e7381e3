"""
Uploads training files once per content: found again before sent again.

Uploading costs nothing at today's providers, so an upload whose answer was lost may
be repeated; what is wrong is a job on half a file, so the size is checked.
"""

from __future__ import annotations

from typing import Any

from suffice.errors import (
    CallFailed,
    DataRejected,
    SpendingStopped,
    SufficeError,
    TrainingError,
)
from suffice.tuning.job import Clock, digest
from suffice.tuning.ledger import Entry, Intent, Ledger
from suffice.tuning.protocol import Backend

_ATTEMPTS = 3
_READY_S = 120.0
_BAD = ("error", "deleted")


def upload(
    content: bytes,
    *,
    client: Backend,
    ledger: Ledger,
    climb_id: str = "",
    clock: Clock | None = None,
) -> str:
    """The provider's id of a ready file with this *content*."""
    clock = clock or Clock()
    key = digest(content)
    pinned = {"bytes": len(content)}
    intent = Intent(
        kind="upload", provider=client.name, key=key, pinned=pinned, climb_id=climb_id
    )
    entry = _newest(ledger, intent)
    file_id = _found(entry, f"suffice-{key[:32]}.jsonl", len(content), client)
    if file_id is None:
        file_id = _send(content, f"suffice-{key[:32]}.jsonl", client, clock)
    _await_ready(file_id, len(content), client, clock)
    if file_id != entry.provider_id:
        _record(ledger, intent, entry, file_id)
    return file_id


def _newest(ledger: Ledger, intent: Intent) -> Entry:
    known = ledger.rows(kind="upload", provider=intent.provider, key=intent.key)
    return known[-1] if known else ledger.intend(intent)


def _record(ledger: Ledger, intent: Intent, entry: Entry, file_id: str) -> None:
    if entry.provider_id is not None:
        # The provider has lost or deleted the file it had: a new generation.
        entry = ledger.intend(_next(intent, entry.generation + 1))
    entry = ledger.submitted(entry, file_id)
    ledger.settle(entry, "succeeded")


def _next(intent: Intent, generation: int) -> Intent:
    return Intent(
        kind=intent.kind,
        provider=intent.provider,
        key=intent.key,
        generation=generation,
        pinned=intent.pinned,
        climb_id=intent.climb_id,
    )


def _found(entry: Entry, name: str, size: int, client: Backend) -> str | None:
    if entry.provider_id is not None:
        try:
            if _usable(client.file(entry.provider_id), size):
                return entry.provider_id
        except CallFailed:
            raise
        except SufficeError:
            pass  # Not there any more.
    for file in client.files():
        if file.get("filename") == name and _usable(file, size):
            return str(file["id"])
    return None


def _send(content: bytes, name: str, client: Backend, clock: Clock) -> str:
    attempt = 1
    while True:
        try:
            return str(client.upload(name, content)["id"])
        except SpendingStopped:
            raise
        except CallFailed:
            if attempt == _ATTEMPTS:
                raise
        clock.sleep(0.5 * 2.0**attempt)
        client.reconnect()
        attempt += 1


def _usable(file: dict[str, Any], size: int) -> bool:
    # Some tell no size; they check a whole file themselves when it arrives.
    return file.get("bytes") in (None, size) and file.get("status") not in _BAD


def _await_ready(file_id: str, size: int, client: Backend, clock: Clock) -> None:
    """A job on a file still being read in would be refused."""
    end = clock.monotonic() + _READY_S
    while True:
        file = client.file(file_id)
        if file.get("status") == "error":
            why = file.get("status_details") or "no reason given"
            raise DataRejected(f"{client.name} rejected the file {file_id}: {why}")
        if file.get("bytes") not in (None, size):
            raise TrainingError(
                f"{client.name} holds {file.get('bytes')} bytes of {file_id}, but "
                f"{size} were sent: run again to upload anew."
            )
        # Where a provider leaves the status out, there is nothing to wait for.
        if file.get("status") in ("processed", None) or clock.monotonic() >= end:
            return
        clock.sleep(1.0)
