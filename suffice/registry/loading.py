"""
Takes a champion out of the registry: its recipe, and the brief it was found for.

Only the recipe is read, which is JSON: no code and no pickle of the registry's runs
here.  Files that are not those that were registered are refused.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from suffice.brief import Brief
from suffice.errors import EnvironmentFailed, UnusableInput
from suffice.registry import digests
from suffice.registry.recipe import Recipe
from suffice.registry.record import Registry

_CLIMB_ID = re.compile(r"(?P<name>[a-z][a-z0-9-]*)-[0-9a-f]{10}")


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A registered model, ready to be asked."""

    name: str
    version: str
    tags: dict[str, str]
    recipe: Recipe
    brief: Brief
    """As it was when the model was registered."""

    @property
    def is_floor(self) -> bool:
        """Whether it answers without a language model."""
        return self.recipe.candidate.rung == "floor"


def load(registry: Registry, wanted: str, alias: str = "champion") -> Loaded:
    """
    The model of the brief called *wanted* under *alias*, or of the climb *wanted*.

    Raises `EnvironmentFailed` where there is none, or its files were changed.
    """
    version = _find(registry, wanted, alias)
    with tempfile.TemporaryDirectory() as folder:
        model = _fetch(registry, version, Path(folder))
        text = (model / "artifacts" / "recipe.json").read_text(encoding="utf-8")
        given = registry.client.download_artifacts(version.run_id, "brief.json", folder)
        try:
            recipe = Recipe.from_json(text)
            brief = Brief.model_validate_json(Path(given).read_bytes())
        except ValidationError as error:
            raise EnvironmentFailed(
                f"{version.name}/{version.version} was registered by a version of "
                f"suffice that this one cannot read ({error.error_count()} fields); "
                "run the climb again."
            ) from error
    return Loaded(
        name=str(version.name),
        version=str(version.version),
        tags=dict(version.tags),
        recipe=recipe,
        brief=brief,
    )


def fetch(
    registry: Registry, wanted: str, folder: Path, alias: str = "champion"
) -> Path:
    """
    A checked copy of the model in the new *folder*, for ``mlflow models serve``.

    Raises `UnusableInput` where the folder is not new, and as `load` does.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UnusableInput(f"{str(folder)!r} is not empty; name a new folder.")
    return _fetch(registry, _find(registry, wanted, alias), folder)


def _find(registry: Registry, wanted: str, alias: str) -> Any:
    """The version under *alias*; of a climb the one that it registered."""
    climb = _CLIMB_ID.fullmatch(wanted)
    if climb is not None:
        found = registry.client.search_model_versions(
            f"name='{climb['name']}' AND tag.climb_id='{wanted}'"
        )
        if found:
            return min(found, key=lambda v: int(v.version))
    champion = registry.champion(wanted, alias)
    return registry.client.get_model_version(wanted, champion.version)


def _fetch(registry: Registry, version: Any, folder: Path) -> Path:
    import mlflow.artifacts
    from mlflow.exceptions import MlflowException

    folder.mkdir(parents=True, exist_ok=True)
    shown = f"{version.name}/{version.version}"
    try:
        found = mlflow.artifacts.download_artifacts(
            artifact_uri=version.source,
            dst_path=str(folder),
            tracking_uri=registry.tracking_uri,
        )
    except (MlflowException, OSError) as error:
        raise EnvironmentFailed(
            f"The files of {shown} cannot be read from {version.source}: "
            f"{str(error)[:200]!r}."
        ) from error
    given, known = digests.digest(Path(found)), version.tags.get(digests.TAG)
    if given != known:
        raise EnvironmentFailed(
            f"The files of {shown} are not those that were registered: their SHA-256 "
            f"is {given[:12]}, and the registry says {(known or 'nothing')[:12]}; find "
            f"out who wrote to {version.source}, delete the version and run the climb "
            "again."
        )
    return Path(found)
