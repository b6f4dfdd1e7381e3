"""``kill -9`` of everything a climb consists of, at random instants, then run it again.

    python -m benchmarks.kills                 10 kills
    python -m benchmarks.kills --minutes 30    as many as there is time for

Flow process, embedded server, trainer, Prefect server, MLflow server and S3 server die
while whole climbs run; killed servers come back on their ports, the climb is started
again with the same command, and nothing else is done by hand.  Promises P18 and P33:
each climb ends with the report of one that was left alone, value for value but for
times and what they cost, one job, one champion.  The model has four of its layers, so
that training takes seconds, and S3 is imitated; nothing else is.  It says how far it
has come after each climb; exit code 1 when anything was violated.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks._kill_outcome import REPORTED, outcome
from benchmarks._kill_s3 import as_told, put
from benchmarks._kill_services import Services, started
from benchmarks._kill_site import (
    LONGEST_S,
    ROOT,
    DidNotEnd,
    Run,
    Site,
    site_of,
)
from benchmarks._kill_worker import ServedSite
from benchmarks._tiny_base import make_tiny_base
from suffice.local.weights import BASES

__all__ = ["Struck", "battered", "outcome", "site_of"]

VICTIMS = ("flow", "embedded", "trainer", "prefect", "mlflow", "s3")
WORKERS = ("flow", "worker", "pod")
"""Where a worker runs the climb: the worker alone, or all there is in its pod."""
BASE = next(iter(BASES))
EACH = 2
"""Kills of each kind in one climb; what is not there any more is let off."""
_KILLS_A_CLIMB = 8
"""In the time that a climb takes which is left alone, on average."""
_PRICE = {
    # By the token: what a second of the processor costs is never twice the same.
    "provider": "embedded",
    "kind": "tokens",
    "from": "2026-01-01",
    "usd_per_mtok": {"input": 1.0, "output": 2.0, "training": 3.0},
    "source": "https://example.com",
}
_MOST_STARTS = 30
"""Of one climb; who needs more does not come to an end."""


@dataclass(kw_only=True)
class Struck:
    """What was killed, during what, and how long until the next could be."""

    end: float = float("inf")
    """Monotonic time after which nothing more is killed."""
    most: int = sys.maxsize
    taking_s: dict[str, list[float]] = field(default_factory=dict)
    during: Counter[str] = field(default_factory=Counter)

    @property
    def n(self) -> int:
        return sum(map(len, self.taking_s.values()))

    @property
    def over(self) -> bool:
        return self.n >= self.most or time.monotonic() > self.end

    def add(self, victim: str, site: Site, took_s: float) -> None:
        """A kill, and the seconds that it and the way to it took."""
        self.taking_s.setdefault(victim, []).append(took_s)
        self.during[site.standing] += 1
        told = f"... kill {self.n}: {victim} of {site.name} in {site.standing!r}"
        print(f"{told}, {took_s:.0f} s", file=sys.stderr, flush=True)

    def __str__(self) -> str:
        kinds = (f"{len(s)} {v} ({median(s):.0f} s)" for v, s in self.taking_s.items())
        return f"{self.n} kills: {', '.join(kinds)}"


def batter(site: Site, rng: random.Random, left: Counter[str], struck: Struck) -> None:
    """Start the climb again and again, and kill something each time."""
    begun = time.monotonic()
    for _ in range(_MOST_STARTS):
        if not left.total() or struck.over:
            return
        flow = site.start()
        _until_it_works(site, flow)
        while left.total() and not struck.over and flow.poll() is None:
            # Any instant is as likely as any other.
            time.sleep(rng.expovariate(1 / site.pause_s))
            victim = _victim(site, rng, left)
            if victim is not None and site.kill(victim, flow):
                left[victim] -= 1
                struck.add(victim, site, time.monotonic() - begun)
                begun = time.monotonic()
        code = flow.poll()
        if code is None:
            flow.kill()
            flow.wait(LONGEST_S)
        elif code == 0:
            # It has ended: what trains or answers then is not there any more.
            del left["trainer"], left["embedded"]


def _victim(site: Site, rng: random.Random, left: Mapping[str, int]) -> str | None:
    """One that is there; the trainer, which seldom is, rather than another."""
    there = [v for v, n in left.items() if n > 0 and site.present(v)]
    weights = [3.0 if v == "trainer" else 1.0 for v in there]
    return rng.choices(there, weights)[0] if there else None


def _until_it_works(site: Site, flow: Run) -> None:
    """Until the climb has written something, or has ended."""
    journal = site.workspace.journal
    before = journal.stat().st_size if journal.exists() else 0
    end = time.monotonic() + LONGEST_S
    while flow.poll() is None and time.monotonic() < end:
        if journal.exists() and journal.stat().st_size > before:
            return
        time.sleep(0.1)


def battered(site: Site, seed: int, kills: Counter[str], struck: Struck) -> Site:
    """The site after these kills and one run to the end."""
    batter(site, random.Random(seed), kills, struck)
    site.finish()
    return site


def embedded_brief(folder: Path, name: str) -> Path:
    """The smallest brief that is tuned and registered by the embedded server."""
    sys.path.insert(0, str(ROOT / "tests/flows"))
    from flow_briefs import write_brief

    tuning = {
        "instructions": "Code.",
        "epochs": 6,
        "batch_size": 4,
        "learning_rate_multiplier": 2.0,
        "checkpoints": 1,
        "probes": False,
        "poll_s": 0.5,
    }
    rungs = ["zero-shot", "fine-tuned"]
    path: Path = write_brief(
        folder,
        name=name,
        n_test=20,
        bar=0.6,
        rungs=rungs,
        tuning=tuning,
        price_rows=[_PRICE | {"model": m} for m in (BASE, f"ft:{BASE}")],
        **as_told(name),
    )
    return path


def embedded_site(folder: Path, services: Services, number: int) -> Site:
    """The climb with this number, its model made already; a worker runs the even."""
    name = f"colours-{number}"
    kind = Site if number % 2 or not number else ServedSite
    brief = embedded_brief(folder / name, name)
    put(started(services.s3), brief.parent, name)
    site = site_of(brief, name, services, kind)
    site.workspace.local.mkdir(parents=True)
    (site.workspace.local / "bases").symlink_to(folder / "bases")
    return site


def violations(site: Site, wanted: Mapping[str, object]) -> list[str]:
    """What the climb has come to, where that is not what is wanted."""
    got = outcome(site)
    return [
        f"{what}: {got.get(what)}, not {wanted.get(what)}"
        for what in {**wanted, **got}
        if got.get(what) != wanted.get(what)
    ]


def run(folder: Path, struck: Struck, seed: int) -> list[str]:
    """Battered climbs until there are enough kills; what was violated."""
    make_tiny_base(folder / "bases")
    services, found, number = Services.of(folder), [], 0
    try:
        alone = embedded_site(folder, services, 0)
        undisturbed = _ended(alone)
        told = {w: v for w, v in undisturbed.items() if not w.startswith(REPORTED)}
        n = len(undisturbed) - len(told)
        took = f"{alone.took_s:.0f} s, {n} values in its report"
        print(f"undisturbed, {took}: {told}", flush=True)
        while not struck.over:
            number += 1
            site = embedded_site(folder, services, number)
            # Where all is slow a climb takes longer to get anywhere.
            site.pause_s = alone.took_s / _KILLS_A_CLIMB
            found += _battered(site, seed + number, undisturbed, struck)
            print(f"{number} climbs, {struck}; violated: {found or 0}", flush=True)
    finally:
        services.stop()
    return found


def _ended(site: Site) -> dict[str, object]:
    """What one that is left alone comes to."""
    try:
        site.finish()
        return outcome(site)
    finally:
        site.stop()


def _battered(
    site: Site, seed: int, wanted: Mapping[str, object], struck: Struck
) -> list[str]:
    try:
        victims = WORKERS if isinstance(site, ServedSite) else VICTIMS
        battered(site, seed, Counter(dict.fromkeys(victims, EACH)), struck)
        found = violations(site, wanted)
    except DidNotEnd as error:
        found = [str(error)]
    finally:
        site.stop()
    return [f"seed {seed}: {what}" for what in found]


def main() -> int:
    """One that is left alone first, then one battered climb after the other."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, help="how many; 10 where no time is given")
    parser.add_argument("--minutes", type=float, help="at most")
    parser.add_argument("--seed", type=int, default=20261121)
    given = parser.parse_args()
    begun = time.monotonic()
    struck = Struck(most=given.kills or (sys.maxsize if given.minutes else 10))
    if given.minutes:
        struck.end = begun + 60 * given.minutes
    with tempfile.TemporaryDirectory() as name:
        found = run(Path(name), struck, given.seed)
    print(f"{struck}; violated: {found or 0}; {time.monotonic() - begun:.0f} s")
    for doing, n in struck.during.most_common():
        print(f"  {n:4} in {doing}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
