"""The events that the flows emit, and what they are about: automations match these."""

from __future__ import annotations

FLIPPED = "suffice.verdict.flipped"
"""A choice has changed."""
RETIRES = "suffice.model.retires"
"""A model in use is switched off within 30 days."""
WAITS = "suffice.climb.waits"
"""A climb waits for approval."""


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
