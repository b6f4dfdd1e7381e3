"""Who stands behind an endpoint, and where its tuned models are hosted: the brief's."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from suffice.brief_part import BriefPart

Provider = Literal["openai", "azure", "nebius", "together", "fireworks", "vllm"]


class Hosting(BriefPart):
    """Where a tuned model is put to be measured, and what that may cost."""

    resource: str | None = None
    """Azure: the resource's id, /subscriptions/.../accounts/NAME."""
    token_env: str = "AZURE_MANAGEMENT_TOKEN"
    """Azure: name of the variable with a token for management.azure.com."""
    hardware: str | None = None
    """Together: such as 1x_nvidia_h100_80gb_sxm. Fireworks: such as
    NVIDIA_H100_80GB, several as 4x NVIDIA_H100_80GB. Azure: developertier or standard.
    Empty: Together's cheapest, Fireworks' own choice, Azure's developertier."""
    usd_per_hour: float | None = Field(default=None, ge=0)
    """What it costs while it runs, all its GPUs. Empty: as the provider tells, or the
    price book."""
    hours: float = Field(default=2.0, gt=0, le=24)
    """Longest that one deployment may run to be measured: reserved from the budget."""
    adapters: str | None = None
    """vLLM: the folder of tuned models as vLLM sees it, where it runs elsewhere.
    Empty: as this program sees it."""
