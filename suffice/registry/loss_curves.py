"""How training went, in MLflow: each job's losses as metrics of the climb's run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from suffice.losses import LossCurve

if TYPE_CHECKING:
    from mlflow import MlflowClient

_REFUSED = re.compile(r"[^\w. -]")
"""What MLflow takes in no metric's name, and the slash, which groups them."""
_MOST = 900
"""Metrics in one call; MLflow takes 1,000."""


def log(client: MlflowClient, run_id: str, curve: LossCurve) -> None:
    """
    ``train_loss/NAME`` and ``valid_loss/NAME`` by step.

    The time is the provider's, so that logging it again changes nothing.
    """
    from mlflow.entities import Metric

    name = _REFUSED.sub("-", curve.name)
    metrics = [
        Metric(f"{what}/{name}", loss, 1000 * step.at, step.step)
        for step in curve.steps
        for what, loss in (
            ("train_loss", step.train_loss),
            ("valid_loss", step.valid_loss),
        )
        if loss is not None
    ]
    for first in range(0, len(metrics), _MOST):
        client.log_batch(run_id, metrics=metrics[first : first + _MOST])
