"""
Webhooks of a provider: which are genuine, fresh and new.

A delivery only says that it is worth looking: how a job stands is always asked of the
provider itself.  The signature covers identity, time and body, so that what is signed
more than 300 s ago is refused by its time, and what is newer by its identity.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openai.resources.webhooks.webhooks import Webhooks

_KEPT_S = 3600.0
"""Far longer than a signature is valid, whichever clock is wrong."""
_WANTED = "fine_tuning.job."


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A genuine webhook."""

    id: str
    """Same for every attempt of the provider to deliver it."""
    kind: str
    """Such as ``fine_tuning.job.succeeded``."""
    job_id: str | None
    """The job it is about; ``None`` for everything else."""


def read_delivery(
    body: bytes, headers: Mapping[str, str], secret: str
) -> Delivery | None:
    """The webhook in *body*; ``None`` when it is forged, too old or no webhook."""
    import openai

    # Signatures are compared as ASCII, and anything else would raise another error.
    if not all(value.isascii() for value in headers.values()):
        return None
    try:
        event = _webhooks(secret).unwrap(body, headers)
    except (openai.InvalidWebhookSignatureError, ValueError):
        return None
    told = event.to_dict() if isinstance(event, openai.BaseModel) else {}
    data = told.get("data")
    kind = str(told.get("type") or "")
    job = data.get("id") if isinstance(data, dict) else None
    about = str(job) if job and kind.startswith(_WANTED) else None
    return Delivery(id=headers["webhook-id"], kind=kind, job_id=about)


@lru_cache(maxsize=4)
def _webhooks(secret: str) -> Webhooks:
    """Made once: a flood must not make it again for each request."""
    import openai

    return openai.OpenAI(api_key="not-needed", webhook_secret=secret).webhooks


class SeenDeliveries:
    """The identities of deliveries of the last hour, on disk: a replay is no news."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with closing(self._open()) as database, database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY, at REAL)"
            )

    def claim(self, delivery_id: str, now: float) -> bool:
        """True for the first who asks; of several at once it is one."""
        with closing(self._open()) as database, database:
            database.execute("DELETE FROM seen WHERE at < ?", (now - _KEPT_S,))
            added = database.execute(
                "INSERT OR IGNORE INTO seen VALUES (?, ?)", (delivery_id, now)
            )
            return added.rowcount == 1

    def forget(self, delivery_id: str) -> None:
        """It was not acted upon: the provider's next attempt is welcome."""
        with closing(self._open()) as database, database:
            database.execute("DELETE FROM seen WHERE id = ?", (delivery_id,))

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=30.0)
        database.execute("PRAGMA journal_mode=WAL")
        return database
