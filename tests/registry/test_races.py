"""Two machines that share one MLflow and promote at once, in every order of calls."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from registering import register

from suffice.brief import Brief
from suffice.registry.record import Registry

STRIDE = 9


class Overtaken:
    """A client in front of whose *at*-th call another machine does all of its work."""

    def __init__(self, client: Any, at: int, other: Callable[[], object]) -> None:
        self._client = client
        self._at = at
        self._other = other

    def __getattr__(self, name: str) -> Any:
        act = getattr(self._client, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._at -= 1
            if self._at == 0:
                self._other()
            return act(*args, **kwargs)

        return call

    @property
    def was_overtaken(self) -> bool:
        return self._at <= 0


class Machine(Registry):
    """A registry with an output folder of its own and a client that is given."""

    def __init__(self, output: Path, client: Any) -> None:
        super().__init__(output)
        self._given = client

    @property
    def client(self) -> Any:
        return self._given


def standing(registry: Registry) -> tuple[dict[str, int], bool]:
    """Versions of each climb, and whether model and prompt say champion as one."""
    versions = registry.client.search_model_versions("name = 'support'")
    counts: dict[str, int] = {}
    for version in versions:
        climb = version.tags["climb_id"]
        counts[climb] = counts.get(climb, 0) + 1
    champion = registry.champion("support")
    prompt = registry.client.get_prompt_version_by_alias("support.prompt", "champion")
    return counts, champion.tags["prompt"].endswith(f"/{prompt.version}")


@pytest.mark.parametrize("theirs", ["support-1", "support-2"])
def test_overtaken_at_any_call_each_climb_has_one_version(
    theirs, tmp_path, empty_store, monkeypatch
):
    """
    A version per climb and one champion, whoever comes between.

    One call in `STRIDE` is tried; with a stride of 1 all of them have been.
    """
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    at, duplicates, torn, overtaken = 1, 0, 0, True
    while overtaken:
        place = tmp_path / str(at)
        place.mkdir()
        shutil.copy(empty_store, place / "mlflow.db")
        brief = Brief(name="support", instructions="x", examples="x", output=str(place))
        shared = Registry(place)
        shared.prepare()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", shared.default_store)
        other = Machine(tmp_path / "other", shared.client)
        client = Overtaken(
            shared.client, at, lambda o=other, b=brief: register(o, b, climb_id=theirs)
        )
        register(Machine(tmp_path / "one", client), brief)
        monkeypatch.delenv("MLFLOW_TRACKING_URI")
        overtaken = client.was_overtaken
        counts, aligned = standing(shared)
        duplicates += any(n > 1 for n in counts.values())
        torn += not aligned
        at += STRIDE
    print(f"overtaken at {at // STRIDE} calls: {duplicates} twins, {torn} torn")  # noqa: T201

    assert (0, 0) == (duplicates, torn)
    assert at > 2 * STRIDE
