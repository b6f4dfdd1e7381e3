"""
``kill -9`` of everything a climb consists of, at random instants, then run it again.

    python -m benchmarks.kills              10 kills, one climb
    python -m benchmarks.kills --release    100 kills, ten climbs

Flow process, embedded server, trainer, Prefect server and MLflow server die while a
whole climb (a real model, a real LoRA) runs; killed servers come back on their ports,
the climb is started again with the same command, and nothing else is done by hand.
Promise P33: each climb ends with the verdict of one that was left alone, one job, one
champion.  Prints tried and violated; exit code 1 when anything was violated.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks._kill_site import LONGEST_S, ROOT, Site, site_of
from suffice.registry.record import Registry
from suffice.services import servers
from suffice.stages.climb import latest_verdict
from suffice.tuning.ledger import Ledger

__all__ = ["battered", "outcome", "site_of"]

VICTIMS = ("flow", "embedded", "trainer", "flow", "prefect", "mlflow")


def batter(
    site: Site, rng: random.Random, n_kills: int, victims: Sequence[str]
) -> None:
    """Start the climb again and again, and kill something each time."""
    plan = [victims[i % len(victims)] for i in range(n_kills)]
    rng.shuffle(plan)
    while plan:
        started = time.monotonic()
        flow = site.start()
        _until_it_works(site, flow)
        # Later instants where everything is slow: a climb must get somewhere.
        pace_s = time.monotonic() - started
        while plan and flow.poll() is None:
            time.sleep(rng.uniform(0.0, pace_s))
            victim = plan.pop()
            if not site.kill(victim, flow):
                # It is not there now, as a trainer before training: later.
                plan.insert(0, victim)
            if time.monotonic() - started > LONGEST_S:
                site.kill("flow", flow)
        if flow.poll() is None:
            os.killpg(flow.pid, signal.SIGKILL)
            flow.wait()


def _until_it_works(site: Site, flow: subprocess.Popen[bytes]) -> None:
    """Until the climb has written something, or has ended."""
    journal = site.workspace.journal
    before = journal.stat().st_size if journal.exists() else 0
    end = time.monotonic() + LONGEST_S
    while flow.poll() is None and time.monotonic() < end:
        if journal.exists() and journal.stat().st_size > before:
            return
        time.sleep(0.1)


def outcome(site: Site) -> dict[str, object]:
    """What must be the same whatever was killed on the way."""
    verdict = latest_verdict(site.workspace, site.name)[0]
    with Ledger(site.workspace.ledger) as ledger:
        jobs = [row.state for row in ledger.rows(kind="job")]
    os.environ["MLFLOW_TRACKING_URI"] = servers.ensure(site.mlflow)
    client = Registry(site.output).client
    versions = client.search_model_versions(f"name='{site.name}'")
    champion = client.get_model_version_by_alias(site.name, "champion").version
    folder = site.workspace.local / "jobs"
    return {
        "verdict": (verdict.action, verdict.rung),
        "ladder": [(m.rung, m.ruling, m.quality) for m in verdict.ladder],
        "jobs in the ledger": jobs,
        "jobs at the provider": len([*folder.glob("ftjob-*")]) or len(jobs),
        "versions": (len(versions), champion),
        "runs left running": _left_running(site),
    }


def _left_running(site: Site) -> int:
    url = f"{servers.ensure(site.prefect)}/api/flow_runs/count"
    asked = {"flow_runs": {"state": {"type": {"any_": ["RUNNING", "PENDING"]}}}}
    request = urllib.request.Request(
        url,
        data=json.dumps(asked).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        return int(json.load(reply))


def embedded_brief(folder: Path) -> Path:
    """The smallest brief that is tuned and registered by the embedded server."""
    sys.path.insert(0, str(ROOT / "tests/flows"))
    from flow_briefs import write_brief

    tuning = {"epochs": 3, "instructions": "Code.", "batch_size": 4}
    path: Path = write_brief(
        folder, n_test=20, bar=0.6, rungs=["zero-shot", "fine-tuned"], tuning=tuning
    )
    return path


def battered(
    site: Site, seed: int, n_kills: int, victims: Sequence[str] = VICTIMS
) -> Site:
    """The site after this many kills and one run to the end."""
    batter(site, random.Random(seed), n_kills, victims)
    site.finish()
    return site


def main() -> int:
    """Reference first, then one battered climb after the other."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--release", action="store_true", help="100 kills")
    release = parser.parse_args().release
    kills, violated, begun = Counter[str](), [], time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / str(i) for i in range(11 if release else 2)]
        sites = [site_of(embedded_brief(f), "colours") for f in folders]
        wanted: dict[str, object] = {}
        for seed, site in enumerate(sites):
            try:
                # The first is left alone: it says what the others must come to.
                battered(site, seed, 10 if seed else 0)
                got = outcome(site)
            finally:
                site.stop()
            wanted = wanted or got
            kills += site.kills
            violated += [(seed, what) for what in wanted if wanted[what] != got[what]]
    print(f"undisturbed: {wanted}")
    print(f"kills tried: {kills.total()} {dict(kills)}; violated: {violated or 0}")
    print(f"{time.monotonic() - begun:.0f} s")
    return 1 if violated else 0


if __name__ == "__main__":
    sys.exit(main())
