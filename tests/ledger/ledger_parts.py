"""What the tests of the ledger share."""

from __future__ import annotations

from typing import Any

from suffice.tuning.ledger import Entry, Intent, Ledger

OWNER = "elsewhere|1|1|abcdef01"


def job(key: str, usd: float | None = 0.0, **more: Any) -> Intent:
    """An intent to pay for a job, by default of climb ``c``."""
    told = {"kind": "job", "provider": "embedded", "climb_id": "c"} | more
    return Intent(key=key, reserve_usd=usd, **told)


def sent(ledger: Ledger, intent: Intent, cap_usd: float | None = None) -> Entry:
    """Its entry, in the middle of the paid call."""
    entry = ledger.intend(intent, cap_usd=cap_usd)
    ledger.claim(entry, owner=OWNER, lease_s=60)
    begun = ledger.begin(entry, owner=OWNER, lease_s=60)
    assert begun is not None
    return begun


def paid(ledger: Ledger, intent: Intent, usd: float) -> Entry:
    """Its entry, ended well at this cost."""
    taken = ledger.submitted(sent(ledger, intent), f"id-{intent.key}")
    return ledger.settle(taken, "succeeded", spent_usd=usd)
