"""What events are about: automations match these names."""

from __future__ import annotations


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
