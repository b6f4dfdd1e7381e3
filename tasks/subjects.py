"""The events that the flows emit, and what they are about: automations match these."""

from __future__ import annotations

FLIPPED = "suffice.verdict.flipped"
"""A choice has changed."""
RETIRES = "suffice.model.retires"
"""A model in use is switched off within 30 days."""
WAITS = "suffice.climb.waits"
"""A climb waits for approval."""
OURS = "suffice"
"""Tag of the automations, and name of the blocks that are made for them."""
RUNS = {"prefect.resource.id": "prefect.flow-run.*"}
"""Any flow run."""
OF_FLOW = {"prefect.resource.role": "flow"}
"""The flow that a run is of; its name is to be added."""


def resource_of(name: str) -> dict[str, str]:
    """
    The resource of the brief called *name*.

    >>> resource_of("support")["prefect.resource.id"]
    'suffice.brief.support'
    """
    return {
        "prefect.resource.id": f"suffice.brief.{name}",
        "prefect.resource.name": name,
    }
