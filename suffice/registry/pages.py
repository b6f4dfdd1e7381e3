"""Addresses of what was recorded, in the pages of an MLflow server."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from suffice.brief import Brief
from suffice.registry import climb_runs
from suffice.registry.record import Registry


def of_climb(
    registry: Registry, brief: Brief, climb_id: str, registered: str | None
) -> Mapping[str, str]:
    """
    Pages of the climb by name: candidates, report, model.

    Empty where MLflow is a file, of which no server is known to show pages.
    """
    server = registry.tracking_uri.rstrip("/")
    if not climb_runs.is_web(server):
        return {}
    experiment = registry.client.get_experiment_by_name(brief.name)
    run = experiment and climb_runs.find(
        registry.client, str(experiment.experiment_id), climb_id
    )
    if not experiment or not run:
        return {}
    runs = f"{server}/#/experiments/{experiment.experiment_id}/runs"
    one = f"{runs}/{run.info.run_id}"
    pages = {"candidates": one, "report": f"{one}/artifacts/report.html"}
    if registered is not None:
        name, _, version = registered.removeprefix("models:/").partition("/")
        pages["model"] = f"{server}/#/models/{quote(name)}/versions/{quote(version)}"
    return pages
