"""One stay of a tuned model at a host, and how it is ended and settled."""

from __future__ import annotations

import json
from dataclasses import dataclass

from suffice.errors import EnvironmentFailed, SufficeError
from suffice.tuning.hosts import Host
from suffice.tuning.job import Clock
from suffice.tuning.ledger import ENDED, Entry, Ledger
from suffice.tuning.ledger_owner import new_owner

SETTLE_S = 900.0
"""How long an accepted deployment may stay unseen, at worst."""
_STOPS = 5


@dataclass(frozen=True, kw_only=True)
class Stay:
    """How long a model may be hosted, and who pays for it."""

    hours: float = 2.0
    """Longest it may run: reserved, and the limit after which others may stop it."""
    climb_id: str = ""
    cap_usd: float | None = None
    """Budget of the climb; ``None`` reserves without a limit."""
    look_s: float = 5.0
    """Seconds between looks at one that is starting."""


@dataclass(kw_only=True)
class Visit:
    """A model, its host, and the ledger's entry of the stay."""

    model: str
    host: Host
    ledger: Ledger
    stay: Stay
    clock: Clock
    entry: Entry
    began: float

    @property
    def name(self) -> str:
        """What the deployment is called: letters, digits and dashes, at most 32."""
        return f"suffice-{self.entry.key[:16]}-{self.entry.generation}"

    @property
    def spent_usd(self) -> float:
        """What it has cost so far, at the rate it was begun at."""
        hours = max(0.0, self.clock.now() - self.began) / 3600
        return hours * float(json.loads(self.entry.pinned)["usd_per_hour"])


def stop(visit: Visit) -> bool:
    """
    Whether there was something to stop; it is stopped and settled then.

    Raises `EnvironmentFailed` when it runs on and the host does not end it.
    """
    entry = visit.entry
    if entry.state in ENDED:
        return False
    found = None
    for attempt in range(_STOPS):
        try:
            found = entry.provider_id or visit.host.find(visit.model, visit.name)
            if found is not None:
                visit.host.stop(found)
        except SufficeError as error:
            if attempt == _STOPS - 1:
                raise EnvironmentFailed(
                    f"{visit.host.name} did not let {visit.name} be stopped, and it "
                    f"goes on costing money: stop it by hand ({error})."
                ) from error
            visit.clock.sleep(2.0**attempt)
        else:
            break
    if found is None:
        return _give_up(visit)
    kept = visit.ledger.submitted(entry, found, "found when it was stopped")
    visit.ledger.settle(kept, "succeeded", spent_usd=visit.spent_usd, note="stopped")
    return True


def _give_up(visit: Visit) -> bool:
    """Nothing is there under its name: was it never begun, or may it yet appear?"""
    entry, now = visit.entry, visit.clock.now()
    if entry.unknown_since is not None and now < entry.unknown_since + SETTLE_S:
        return False
    owner = new_owner()
    held = visit.ledger.claim(entry, owner=owner, lease_s=60.0)
    begun = held and visit.ledger.begin(held, owner=owner, lease_s=60.0)
    if begun:
        visit.ledger.refuse(begun, "it never came to be")
    return False
