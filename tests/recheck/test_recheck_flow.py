"""
The re-check as a flow on a real Prefect server: one price cut, told and acted on.

The deployment of the climb is known to the server but served by nobody, so that the
run it starts can be looked at and costs nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from recheck_kit import brief_of, ended, price_rows

from suffice.brief import Brief, Models
from suffice.rechecking import Rechecking
from suffice.registry.record import Registry

ROOT = Path(__file__).parents[2]
TWO_NIGHTS = """
from pathlib import Path
from flows.recheck import recheck
from suffice.brief_io import load_brief

brief = load_brief(Path("brief.yaml"))
recheck(brief)
recheck(brief)
"""


def post(url: str, body: Any) -> Any:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)


def wait_for(look: Callable[[], Any], timeout_s: float = 60) -> Any:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.5)
    raise AssertionError(f"nothing within {timeout_s} s")


@pytest.fixture(scope="module")
def brief(tmp_path_factory: pytest.TempPathFactory) -> Brief:
    """A climb has chosen a; since then b costs a twentieth of it."""
    folder = tmp_path_factory.mktemp("recheck")
    brief = brief_of(
        folder,
        models=Models(base=("a", "b"), tunable=None),
        prices=price_rows(folder, a={"usd": 1.0}, b={"usd": 2.0}),
        name="nights",
        recheck=Rechecking(start_climb=True),
    )
    climb, _ = ended(brief)
    registry = Registry(Path(brief.output))
    registry.start_climb(
        brief, climb_id=climb.id, data_fingerprint="f" * 64, split=climb.split
    )
    price_rows(folder, a={"usd": 1.0}, b={"usd": 0.05})
    content = brief.model_dump(mode="json", exclude_defaults=True)
    (folder / "brief.yaml").write_text(yaml.safe_dump(content))
    return brief


@pytest.fixture(scope="module")
def api(brief: Brief, prefect_server: str, prefect_env: dict[str, str]) -> str:
    """The server's API after two re-checks, with a climb deployed."""
    api = f"{prefect_server}/api"
    flow = post(f"{api}/flows/", {"name": "climb"})["id"]
    post(f"{api}/deployments/", {"name": "nights", "flow_id": flow})
    done = subprocess.run(
        [sys.executable, "-c", TWO_NIGHTS],
        cwd=Path(brief.output).parent,
        env={**prefect_env, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr[-3000:]
    return api


def test_a_flip_is_one_event_that_says_from_what_to_what(
    api: str, brief: Brief
) -> None:
    """Others hear it: an automation may page somebody. Two nights, one event."""
    asked = {
        "filter": {
            "event": {"name": ["suffice.verdict.flipped"]},
            "resource": {"id": ["suffice.brief.nights"]},
        }
    }

    def told() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = post(f"{api}/events/filter", asked)["events"]
        return found

    found = wait_for(told)
    assert 1 == len(found)
    assert found[0]["payload"]["from"] != found[0]["payload"]["to"]
    assert "the choice changes to zero-shot on b" in found[0]["payload"]["text"]


def test_the_climb_is_started_once_and_limited_to_what_is_affected(api: str) -> None:
    """The second night must not start a second climb."""
    runs = post(
        f"{api}/flow_runs/filter",
        {"deployments": {"name": {"any_": ["nights"]}}},
    )

    assert 1 == len(runs)
    limited = runs[0]["parameters"]["brief"]
    assert ["zero-shot"] == limited["rungs"]
    assert 0.5 == limited["budget_usd"]


def test_the_artifact_shows_all_four_triggers(api: str) -> None:
    """Who opens Prefect sees what was looked at, also on quiet nights."""
    asked = {"artifacts": {"key": {"any_": ["nights-recheck"]}}}
    data = post(f"{api}/artifacts/filter", asked)[0]["data"]

    assert all(
        f"- {name} (" in data for name in ("usage", "price", "drift", "retirement")
    )
    assert "price (fired)" in data


def test_mlflow_knows_of_the_flip(api: str, brief: Brief) -> None:
    """The run of the climb says that its verdict no longer stands."""
    client = Registry(Path(brief.output)).client
    experiment = client.get_experiment_by_name("nights")
    tags = client.search_runs([experiment.experiment_id])[0].data.tags

    assert "true" == tags["recheck.changed"]
    assert "price" == tags["recheck.fired"]
