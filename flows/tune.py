"""Fine-tune on the brief's examples: submit once, watch, return the model."""

from __future__ import annotations

from prefect import flow

from suffice.brief import Brief
from suffice.climb import Climb
from suffice.tuning import TunedModel
from tasks import data, tuning


@flow(name="tune", flow_run_name="tune {brief.name}")
def tune(brief: Brief) -> TunedModel:
    """Check the examples and fine-tune on them, whatever the verdict would be."""
    gate = data.check(brief)
    return tune_climb(data.open_climb(brief, gate))


@flow(name="tune climb", flow_run_name="tune {climb.id}", validate_parameters=False)
def tune_climb(climb: Climb) -> TunedModel:
    """The part of a climb that takes longest, as a run of its own."""
    job_id = tuning.submit(climb)
    return tuning.wait(climb, job_id)
