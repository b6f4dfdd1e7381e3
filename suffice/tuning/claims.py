"""
Which machine may send a job, where several share a bucket and no ledger.

One small object in S3 for each job: who holds it, then what the job is called.  It is
written on the condition that nobody has since, so that of several machines one holds
it; who died or was cut off loses it after a while, and whoever comes next looks at the
provider before anything is sent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from suffice.data.conditional import Seen, heeds_conditions, look, write_if
from suffice.errors import EnvironmentFailed
from suffice.tuning.ledger_entry import Entry
from suffice.tuning.ledger_owner import is_dead


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What is known of a job: that it is ours to send, or what it is called."""

    ours: bool = False
    job_id: str | None = None
    """As whoever has sent it was told by the provider."""


class Claims:
    """The claims of all machines, under one ``s3://`` prefix."""

    def __init__(self, prefix: str) -> None:
        """
        Of the machines that name the same *prefix*.

        Raises `EnvironmentFailed` for a store that lets two writers win.
        """
        self._prefix = prefix.rstrip("/")
        if not heeds_conditions(self._prefix):
            raise EnvironmentFailed(
                f"The store at {self._prefix!r} ignores conditions, so that two "
                "machines could send one job: use another store, or a ledger on "
                "PostgreSQL."
            )

    def take(self, entry: Entry, *, owner: str, lost_after_s: float) -> Claim:
        """
        Hold the job of *entry* from now on, if nobody else does.

        A claim that is older than *lost_after_s* seconds, whose owner has died on this
        machine, or who gave it up, goes to whoever comes.  Neither ours nor with a
        name: another machine may be sending it at this moment.
        """
        url = self._url(entry)
        while True:
            seen = look(url)
            told = _read(seen)
            if told.get("job_id"):
                return Claim(job_id=str(told["job_id"]))
            if seen is not None and not _free(told, seen, owner, lost_after_s):
                return Claim()
            tag = None if seen is None else seen.tag
            if write_if(url, _written(owner=owner), tag=tag):
                return Claim(ours=True)

    def tell(self, entry: Entry, job_id: str, *, owner: str) -> None:
        """Say what the job is called, if it is still ours to say."""
        self._put(entry, owner, _written(owner=owner, job_id=job_id))

    def give_up(self, entry: Entry, *, owner: str) -> None:
        """It was surely not accepted: whoever comes may send it."""
        self._put(entry, owner, _written(owner=owner, given_up=True))

    def _put(self, entry: Entry, owner: str, data: bytes) -> None:
        url = self._url(entry)
        seen = look(url)
        if seen is not None and _read(seen).get("owner") == owner:
            write_if(url, data, tag=seen.tag)

    def _url(self, entry: Entry) -> str:
        return f"{self._prefix}/{entry.provider}/{entry.key}-{entry.generation}.json"


def _free(told: dict[str, Any], seen: Seen, owner: str, lost_after_s: float) -> bool:
    holder = str(told.get("owner") or "")
    mine = holder == owner
    gone = bool(told.get("given_up")) or (bool(holder) and is_dead(holder))
    return mine or gone or seen.age_s > lost_after_s


def _read(seen: Seen | None) -> dict[str, Any]:
    if seen is None:
        return {}
    try:
        found = json.loads(seen.data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _written(**told: object) -> bytes:
    return json.dumps(told, sort_keys=True).encode()
