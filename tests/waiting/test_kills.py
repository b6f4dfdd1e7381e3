"""
``kill -9`` of the flow and of its servers, at random instants of a whole climb.

The provider is an endpoint on loopback here, so that twelve kills take minutes;
``python -m benchmarks.kills`` also kills the embedded server and its trainer, and
`tests/local_training/test_recovery.py` the trainer alone.
"""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import contextmanager

import pytest
from prefect_runs import ask
from slow_endpoint import SlowEndpoint, brief_at

from benchmarks._kill_s3 import as_told, put
from benchmarks._kill_services import Services, started
from benchmarks.kills import Struck, battered, outcome, site_of
from suffice.registry.record import Registry
from suffice.registry.store import open_client
from suffice.services import servers

KILLS = {"flow": 6, "prefect": 2, "mlflow": 2, "s3": 2}
SEED = 20261121


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    served = Services.of(tmp_path_factory.mktemp("services"))
    yield served
    served.stop()


@contextmanager
def site(services, folder, name):
    """A climb whose examples are on S3, and the endpoint whose jobs are its own."""
    endpoint = SlowEndpoint()
    endpoint.done = True
    brief = brief_at(endpoint, folder / "task", name=name, **as_told(name))
    put(started(services.s3), brief.parent, name)
    made = site_of(brief, name, services)
    try:
        yield made, endpoint
    finally:
        made.stop()
        endpoint.close()


@pytest.fixture(scope="module")
def undisturbed(services, tmp_path_factory):
    """What a climb comes to that is left alone."""
    with site(services, tmp_path_factory.mktemp("alone"), "colours-0") as (calm, _):
        calm.finish()
        return outcome(calm)


@pytest.fixture(scope="module")
def survivor(services, tmp_path_factory):
    """A climb that was killed twelve times and run again, and its endpoint."""
    folder = tmp_path_factory.mktemp("killed")
    with site(services, folder, "colours-1") as (killed, endpoint):
        yield battered(killed, SEED, Counter(KILLS), Struck()), endpoint


@pytest.mark.timeout(1500)
def test_twelve_kills_leave_the_report_and_one_of_everything(survivor, undisturbed):
    """Promises P18, P33: no manual step, one job, one champion, none left RUNNING."""
    killed, endpoint = survivor
    told = outcome(killed)
    sys.stdout.write(f"kills tried: {dict(killed.kills)}, values: {len(told)}\n")

    assert killed.kills == KILLS
    assert ("run", "fine-tuned") == told["verdict"]
    assert [("zero-shot", "failed", 0.0), ("fine-tuned", "passed", 1.0)] == told[
        "ladder"
    ]
    assert (["succeeded"], 1) == (told["jobs in the ledger"], len(endpoint.jobs))
    assert (1, "1") == (told["versions"][0], str(told["versions"][1]))
    assert 0 == told["runs left running"]
    assert {} == {what: told[what] for what in told if told[what] != undisturbed[what]}
    assert len(told) == len(undisturbed)


def test_a_second_version_a_lost_run_and_another_score_would_be_seen(survivor):
    """The mutant: what is looked at afterwards must be able to show something."""
    killed = survivor[0]
    before = outcome(killed)
    # Beside the server, which would not take it.
    store = Registry(killed.services.mlflow.home).default_store
    client = open_client(store, killed.output)
    client.create_model_version(killed.name, source=str(killed.output))
    api = f"{servers.ensure(killed.services.prefect)}/api"
    flow = ask(f"{api}/flows/", {"name": "climb"})
    ask(f"{api}/flow_runs/", {"flow_id": flow["id"], "state": {"type": "RUNNING"}})
    scored = next(killed.output.glob("climbs/*/measured/*/outcomes.json"))
    scored.write_text(scored.read_text().replace('"score":', '"score":1', 1))
    after = outcome(killed)

    differ = [what for what in after if after[what] != before[what]]
    assert ["versions", "runs left running"] == differ[:2]
    assert [(2, "1"), 1] == [after[what] for what in differ[:2]]
    assert [".score"] == [what[-6:] for what in differ[2:]]
