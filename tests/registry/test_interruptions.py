"""Interrupted at any call to MLflow and run again: one run, one version, one alias."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from climb_parts import FEW_SHOT, measured, outcomes, split, verdict

from suffice.brief import Brief
from suffice.economics.verdict_io import to_json
from suffice.registry.record import Registry

STRIDE = 3


class Killed(BaseException):
    """Nothing catches it, as nothing catches a kill."""


class Mortal:
    """An MLflow client that dies instead of making its *left*-th call."""

    def __init__(self, client: Any, left: int) -> None:
        self._client = client
        self._left = left

    def __getattr__(self, name: str) -> Any:
        act = getattr(self._client, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                raise Killed
            return act(*args, **kwargs)

        return call


class MortalRegistry(Registry):
    """A registry that dies at one of its calls."""

    def __init__(self, output: Path, left: int) -> None:
        super().__init__(output)
        self._left = left
        self._mortal: Mortal | None = None

    @property
    def client(self) -> Any:
        if self._mortal is None:
            self._mortal = Mortal(Registry(self._output).client, self._left)
        return self._mortal


def record(registry: Registry, brief: Brief) -> str:
    run_id = registry.start_climb(
        brief, climb_id="support-1", data_fingerprint="f" * 64, split=split()
    )
    found, decided = measured(FEW_SHOT), verdict(FEW_SHOT)
    registry.log_candidate(run_id, FEW_SHOT, found, outcomes())
    version = registry.register_champion(run_id, brief, FEW_SHOT, found, decided)
    registry.log_verdict(brief, "support-1", to_json(decided))
    return version


def complete(registry: Registry) -> tuple[int, int, list[str], str]:
    """Climbs, complete candidates, versions, and the champion's version."""
    client = registry.client
    experiment = client.get_experiment_by_name("support").experiment_id
    done = "attributes.status = 'FINISHED'"
    return (
        len(client.search_runs([experiment], f"tags.kind = 'climb' AND {done}")),
        len(client.search_runs([experiment], f"tags.kind = 'candidate' AND {done}")),
        [str(v.version) for v in client.search_model_versions("name = 'support'")],
        registry.champion("support").version,
    )


def test_interrupted_anywhere_it_is_recorded_once(tmp_path, empty_store, monkeypatch):
    """
    A registry with twins cannot say what runs in production.

    One call in `STRIDE` is tried, which takes half a CPU-second each; with a stride
    of 1 all of them have been.
    """
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    tried, violated, killed = 0, 0, True
    while killed:
        tried += 1
        call = 1 + STRIDE * (tried - 1)
        output = tmp_path / str(call)
        output.mkdir()
        shutil.copy(empty_store, output / "mlflow.db")
        brief = Brief(
            name="support", instructions="x", examples="x", output=str(output)
        )
        try:
            record(MortalRegistry(output, call), brief)
            killed = False
        except Killed:
            record(Registry(output), brief)
        violated += complete(Registry(output)) != (1, 1, ["1"], "1")
    print(f"killed at {tried - 1} of {call - 1} calls, {violated} violated")  # noqa: T201

    assert 0 == violated
    assert tried > 20 / STRIDE


def test_a_registry_that_does_not_look_first_makes_twins(output, brief):
    """The mutant: MLflow itself registers whatever it is told to."""
    registry = Registry(output)
    record(registry, brief)
    source = registry.client.search_model_versions("name = 'support'")[0].source
    registry.client.create_model_version("support", source=source)

    with pytest.raises(AssertionError):
        assert (1, 1, ["1"], "1") == complete(registry)
