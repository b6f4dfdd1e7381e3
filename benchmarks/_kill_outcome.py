"""What a climb has come to: its report, verdict, jobs, versions, runs."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks._kill_site import Site
from suffice.registry.record import Registry
from suffice.services import servers
from suffice.stages.climb import latest_verdict
from suffice.tuning.ledger import Ledger

REPORTED = "report: "
"""What names a value of the report, beside what is looked at elsewhere."""
_TIMES = ("latency_s", "latency_p", "ttft_", "elapsed_s", "cpu_s")
_SPENT = ("spent_usd", "n_calls", "n_reused", "reused", "cached_tokens")
"""Calls that were on their way when the rules stopped, or when it was killed, and
what of a prompt the model still had from the one before it."""


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
        **report(site),
    }


def report(site: Site) -> dict[str, object]:
    """
    Every value that the climb has written into its report, by its place there.

    All of the verdict, and for each candidate every answer and score; without times,
    what calls cost that were made in vain, and names that every climb has of its own.
    """
    verdict, folder = latest_verdict(site.workspace, site.name)
    own = {str(site.brief.parent): "."}
    for n, rung in enumerate(verdict.ladder):
        # A tuned model's name ends in that of its job, and is part of the key.
        own[rung.candidate_key] = f"candidate {n}"
        if ":" in rung.model:
            own[rung.model] = f"model {n}"
    own[site.name] = "NAME"
    read = [folder / "verdict.json", *sorted(folder.glob("measured/*/outcomes.json"))]
    found: dict[str, object] = {}
    for file in read:
        place = _without(own, f"{REPORTED}{file.relative_to(folder)} ")
        for where, value in _values(json.loads(file.read_text())):
            plain = _without(own, value) if isinstance(value, str) else value
            found[place + where] = plain
    return found


def _without(own: Mapping[str, str], text: str) -> str:
    for name, instead in own.items():
        text = text.replace(name, instead)
    return text


def _values(told: Any, where: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(told, dict):
        for name, value in told.items():
            if name != "climb_id" and not name.startswith((*_TIMES, *_SPENT)):
                yield from _values(value, f"{where}.{name}")
    elif isinstance(told, list):
        for n, value in enumerate(told):
            yield from _values(value, f"{where}[{n}]")
    else:
        yield where, told


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
