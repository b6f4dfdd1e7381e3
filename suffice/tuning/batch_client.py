"""
The Batch API of one endpoint: many chats in a file, answered within a day, cheaper.

Like all that pays: one attempt per call, and every failure is one of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from suffice.tuning.client import SCANNED_JOBS, TuningClient

_ENDED = ("completed", "failed", "expired", "cancelled")


@dataclass(frozen=True, kw_only=True)
class BatchState:
    """A batch as the provider tells it."""

    id: str
    status: str
    key: str
    """What we named it by when it was sent; empty for somebody else's."""
    output_file: str | None
    """File of the answers, once there are any."""
    error: str
    """Why it failed; empty when it has not."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.status in _ENDED


class BatchClient(TuningClient):
    """One endpoint's Batch API."""

    def upload_requests(self, content: bytes) -> str:
        """Upload the requests; the file's id.  This costs nothing yet."""
        file = ("requests.jsonl", content, "application/jsonl")
        sent = self._fields(lambda o: o.files.create(file=file, purpose="batch"))
        return str(sent["id"])

    def create_batch(self, file_id: str, key: str) -> BatchState:
        """Have the requests of a file answered.  This pays."""
        return self._state(
            lambda openai: openai.batches.create(
                input_file_id=file_id,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={"suffice_key": key},
            )
        )

    def find_batches(self, key: str) -> tuple[BatchState, ...]:
        """Those among the newest that were sent as *key*, oldest first."""
        from itertools import islice

        newest = self._ask(
            lambda openai: [
                _read(item.model_dump())
                for item in islice(openai.batches.list(limit=100), SCANNED_JOBS)
            ]
        )
        return tuple(reversed([batch for batch in newest if batch.key == key]))

    def batch(self, batch_id: str) -> BatchState:
        """The batch as it stands."""
        return self._state(lambda openai: openai.batches.retrieve(batch_id))

    def cancel_batch(self, batch_id: str) -> None:
        """Ask the provider to end the batch; what it has answered by then is billed."""
        self._fields(lambda openai: openai.batches.cancel(batch_id))

    def content(self, file_id: str) -> bytes:
        """What is in a file."""
        return self._ask(lambda openai: openai.files.content(file_id).read())

    def _state(self, call: Any) -> BatchState:
        return _read(self._fields(call))


def _read(batch: dict[str, Any]) -> BatchState:
    errors = ((batch.get("errors") or {}).get("data")) or []
    return BatchState(
        id=str(batch["id"]),
        status=str(batch.get("status") or "unknown"),
        key=str((batch.get("metadata") or {}).get("suffice_key") or ""),
        output_file=batch.get("output_file_id") or None,
        error="; ".join(str(e.get("message")) for e in errors if e),
    )
