"""
``kill -9`` of the flow and of its servers, at random instants of a whole climb.

The provider is an endpoint on loopback here, so that ten kills take minutes;
``python -m benchmarks.kills`` also kills the embedded server and its trainer, and
`tests/local_training/test_recovery.py` the trainer alone.
"""

from __future__ import annotations

import sys
from collections import Counter

import pytest
from prefect_runs import ask
from slow_endpoint import SlowEndpoint, brief_at

from benchmarks.kills import Struck, battered, outcome, site_of
from suffice.registry.record import Registry
from suffice.registry.store import open_client
from suffice.services import servers

KILLS = {"flow": 6, "prefect": 2, "mlflow": 2}
SEED = 20261121


@pytest.fixture(scope="module")
def endpoint():
    served = SlowEndpoint()
    served.done = True
    yield served
    served.close()


@pytest.fixture(scope="module")
def survivor(endpoint, tmp_path_factory):
    """A climb that was killed ten times and run again, and what it came to."""
    brief = brief_at(endpoint, tmp_path_factory.mktemp("killed") / "task")
    site = site_of(brief, "colours")
    try:
        yield battered(site, SEED, Counter(KILLS), Struck())
    finally:
        site.stop()
        site.services.stop()


@pytest.mark.timeout(1500)
def test_ten_kills_leave_the_verdict_and_one_of_everything(survivor, endpoint):
    """Promise P33: no manual step, one job, one champion, nothing left RUNNING."""
    told = outcome(survivor)
    sys.stdout.write(f"kills tried: {dict(survivor.kills)}, came to: {told}\n")

    assert survivor.kills == KILLS
    assert ("run", "fine-tuned") == told["verdict"]
    assert [("zero-shot", "failed", 0.0), ("fine-tuned", "passed", 1.0)] == told[
        "ladder"
    ]
    assert (["succeeded"], 1) == (told["jobs in the ledger"], len(endpoint.jobs))
    assert (1, "1") == (told["versions"][0], str(told["versions"][1]))
    assert 0 == told["runs left running"]


def test_a_second_version_and_a_lost_run_would_be_seen(survivor):
    """The mutant: what is looked at afterwards must be able to show something."""
    before = outcome(survivor)
    # Beside the server, which would not take it.
    store = Registry(survivor.services.mlflow.home).default_store
    client = open_client(store, survivor.output)
    client.create_model_version(survivor.name, source=str(survivor.output))
    api = f"{servers.ensure(survivor.services.prefect)}/api"
    flow = ask(f"{api}/flows/", {"name": "climb"})
    ask(f"{api}/flow_runs/", {"flow_id": flow["id"], "state": {"type": "RUNNING"}})
    after = outcome(survivor)

    assert {"versions": (2, "1"), "runs left running": 1} == {
        what: after[what] for what in after if after[what] != before[what]
    }
