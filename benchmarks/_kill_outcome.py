"""What a climb has come to: verdict, jobs, versions, runs."""

from __future__ import annotations

import json
import os
import urllib.request

from benchmarks._kill_site import Site
from suffice.registry.record import Registry
from suffice.services import servers
from suffice.stages.climb import latest_verdict
from suffice.tuning.ledger import Ledger


def outcome(site: Site) -> dict[str, object]:
    """What must be the same whatever was killed on the way."""
    verdict = latest_verdict(site.workspace, site.name)[0]
    with Ledger(site.workspace.ledger) as ledger:
        jobs = [row.state for row in ledger.rows(kind="job")]
    os.environ["MLFLOW_TRACKING_URI"] = servers.ensure(site.services.mlflow)
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
    url = f"{servers.ensure(site.services.prefect)}/api/flow_runs/count"
    asked = {"flow_runs": {"state": {"type": {"any_": ["RUNNING", "PENDING"]}}}}
    request = urllib.request.Request(
        url,
        data=json.dumps(asked).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        return int(json.load(reply))
