"""What a re-check found, as tags of the climb's run and of the champion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from suffice.registry.candidate_runs import log_batch

if TYPE_CHECKING:
    from mlflow import MlflowClient


def tag(client: MlflowClient, run_id: str, name: str, tags: Mapping[str, str]) -> str:
    """Tag both; says what was tagged.  The same again changes nothing."""
    from mlflow.exceptions import MlflowException

    log_batch(client, run_id, tags=tags)
    try:
        version = client.get_model_version_by_alias(name, "champion").version
    except MlflowException:
        return f"MLflow run {run_id} was tagged; there is no champion of {name!r}."
    for key, value in tags.items():
        client.set_model_version_tag(name, version, key, value)
    return f"MLflow run {run_id} and champion {name}/{version} were tagged."
