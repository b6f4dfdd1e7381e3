"""
The winner in MLflow's model registry: code and recipe, no pickle and no secret.

MLflow has no compare-and-set.  Machines that share a server may register the same
winner at once: each looks again after it has written, and the first version stays.
"""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from suffice import __version__
from suffice.errors import EnvironmentFailed
from suffice.examples import Example
from suffice.registry import card, digests
from suffice.registry.card import Winner
from suffice.registry.prompts import (
    align_prompt,
    delete_quietly,
    prompt_tags,
    register_prompt,
)
from suffice.registry.recipe import Recipe
from suffice.retrieval.pools import Pool

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.models import Model

MODEL_CODE = Path(__file__).with_name("champion_model.py")


def register(
    client: MlflowClient,
    winner: Winner,
    *,
    run_id: str,
    model_id: str | None,
    train: Sequence[Example],
    pool: Pool | None = None,
) -> str:
    """Name and version; the same candidate of the same climb is registered once."""
    name = winner.brief.name
    prompt = register_prompt(client, name, winner.candidate)
    version = _registered(client, winner)
    if version is None:
        if model_id is None:
            raise EnvironmentFailed(
                f"Candidate {winner.candidate.name!r} is not logged in MLflow: log it "
                "before registering it."
            )
        recipe = Recipe.of(winner.brief, winner.candidate, train, pool)
        files = _package(client, recipe, model_id, winner.verdict.decided_on)
        tags = card.tags(winner) | {digests.TAG: files} | prompt_tags(name, prompt)
        _new_version(client, winner, tags, run_id=run_id, model_id=model_id)
        version = _registered(client, winner)
        shown = json.dumps([{"name": name, "version": version}])
        client.set_logged_model_tags(model_id, {"mlflow.modelVersions": shown})
    client.set_registered_model_alias(name, winner.alias, str(version))
    align_prompt(client, name, winner.alias)
    return f"{name}/{version}"


def _registered(client: MlflowClient, winner: Winner) -> str | None:
    """The first version of this very winner; later twins of it are deleted."""
    wanted = (
        f"name='{winner.brief.name}' AND tag.climb_id='{winner.verdict.climb_id}' "
        f"AND tag.candidate_key='{winner.candidate.key}'"
    )
    found = sorted(int(v.version) for v in client.search_model_versions(wanted))
    for twin in found[1:]:
        delete_quietly(client.delete_model_version, winner.brief.name, str(twin))
    return str(found[0]) if found else None


def _new_version(
    client: MlflowClient,
    winner: Winner,
    tags: Mapping[str, str],
    *,
    run_id: str,
    model_id: str,
) -> None:
    _ensure_named(client, winner.brief.name)
    client.create_model_version(
        winner.brief.name,
        # Not models:/ID, which MLflow resolves at its process-wide address.
        source=client.get_logged_model(model_id).artifact_location,
        run_id=run_id,
        tags=dict(tags),
        model_id=model_id,
        description=card.text(winner, tags),
    )


def _ensure_named(client: MlflowClient, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _package(client: MlflowClient, recipe: Recipe, model_id: str, on: date) -> str:
    """
    Put the servable model behind the candidate's logged model; its digest.

    The same again writes the same bytes, so that two who do it disturb nobody.
    """
    from mlflow.models import Model

    made = Model(
        model_uuid=model_id, model_id=model_id, utc_time_created=f"{on} 00:00:00"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = _written(recipe, made, Path(name))
        client.log_model_artifacts(model_id, str(folder))
        files = digests.digest(folder)
    model = client.get_logged_model(model_id)
    if "mlflow.model.isExternal" in model.tags:
        delete_quietly(
            client.delete_logged_model_tag, model_id, "mlflow.model.isExternal"
        )
    return files


def _written(recipe: Recipe, made: Model, folder: Path) -> Path:
    """The model's files in a new folder below *folder*."""
    import mlflow.pyfunc

    path = folder / "recipe.json"
    path.write_text(recipe.to_json(), encoding="utf-8")
    # It warns that `predict` is not decorated: that would refuse OpenAI's requests.
    with warnings.catch_warnings(record=True):
        mlflow.pyfunc.save_model(
            path=str(folder / "model"),
            python_model=str(MODEL_CODE),
            artifacts={"recipe": str(path)},
            pip_requirements=[f"suffice=={__version__}"],
            mlflow_model=made,
        )
    return folder / "model"
