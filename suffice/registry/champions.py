"""The winner in MLflow's model registry: code and recipe, no pickle and no secret."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suffice import __version__
from suffice.brief import Brief
from suffice.candidates import Candidate
from suffice.errors import EnvironmentFailed
from suffice.examples import Example
from suffice.ladder import TUNED_RUNGS
from suffice.registry.prompts import register_prompt
from suffice.registry.recipe import Recipe
from suffice.results import Measured, Verdict
from suffice.retrieval.pools import Pool

if TYPE_CHECKING:
    from mlflow import MlflowClient

MODEL_CODE = Path(__file__).with_name("champion_model.py")


@dataclass(frozen=True, kw_only=True)
class Winner:
    """What is registered, and why."""

    brief: Brief
    candidate: Candidate
    measured: Measured
    verdict: Verdict

    @property
    def alias(self) -> str:
        """``challenger`` while it is not proved good enough."""
        return "champion" if self.measured.ruling == "passed" else "challenger"


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
    version = _registered(client, winner)
    if version is None:
        if model_id is None:
            raise EnvironmentFailed(
                f"Candidate {winner.candidate.name!r} is not logged in MLflow: log it "
                "before registering it."
            )
        recipe = Recipe.of(winner.brief, winner.candidate, train, pool)
        _package(client, recipe, model_id)
        version = _new_version(client, winner, run_id, model_id)
    client.set_registered_model_alias(name, winner.alias, str(version))
    prompt = register_prompt(client, name, winner.candidate)
    if prompt is not None:
        client.set_prompt_alias(f"{name}.prompt", winner.alias, prompt)
    return f"{name}/{version}"


def _registered(client: MlflowClient, winner: Winner) -> str | None:
    wanted = (
        f"name='{winner.brief.name}' AND tag.climb_id='{winner.verdict.climb_id}' "
        f"AND tag.candidate_key='{winner.candidate.key}'"
    )
    found = client.search_model_versions(wanted, max_results=1)
    return str(found[0].version) if found else None


def _new_version(
    client: MlflowClient, winner: Winner, run_id: str, model_id: str
) -> str:
    _ensure_named(client, winner.brief.name)
    made = client.create_model_version(
        winner.brief.name,
        # Not models:/ID, which MLflow resolves at its process-wide address.
        source=client.get_logged_model(model_id).artifact_location,
        run_id=run_id,
        tags=_tags(winner),
        model_id=model_id,
        description=winner.verdict.text,
    )
    return str(made.version)


def _ensure_named(client: MlflowClient, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _package(client: MlflowClient, recipe: Recipe, model_id: str) -> None:
    """Put the servable model behind the candidate's logged model."""
    import mlflow.pyfunc
    from mlflow.models import Model

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "recipe.json"
        path.write_text(recipe.to_json(), encoding="utf-8")
        mlflow.pyfunc.save_model(
            path=str(folder / "model"),
            python_model=str(MODEL_CODE),
            artifacts={"recipe": str(path)},
            pip_requirements=[f"suffice=={__version__}"],
            mlflow_model=Model(model_uuid=model_id, model_id=model_id),
        )
        client.log_model_artifacts(model_id, str(folder / "model"))
    model = client.get_logged_model(model_id)
    if "mlflow.model.isExternal" in model.tags:
        client.delete_logged_model_tag(model_id, "mlflow.model.isExternal")


def _tags(winner: Winner) -> dict[str, str]:
    m, v = winner.measured, winner.verdict
    tuned = winner.candidate.rung in TUNED_RUNGS
    base = winner.brief.models.tunable if tuned else winner.candidate.model
    tags: dict[str, Any] = {
        "climb_id": v.climb_id,
        "candidate_key": winner.candidate.key,
        "data_fingerprint": v.data_fingerprint,
        "rung": winner.candidate.rung,
        "model": winner.candidate.model,
        "base": base,
        "quality": f"{m.quality:.4f}",
        "quality_low": f"{m.quality_low:.4f}",
        "quality_high": f"{m.quality_high:.4f}",
        "n": m.n,
        "usd_per_1k_requests": _per_thousand(m.usd_per_request),
        "prices_on": v.prices_on,
        "shutdown_on": v.shutdown_on,
    }
    return {key: str(value) for key, value in tags.items() if value is not None}


def _per_thousand(usd: float | None) -> str | None:
    return None if usd is None else f"{1000 * usd:.6g}"
