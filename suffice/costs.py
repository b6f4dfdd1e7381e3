"""What owning a candidate costs beside its calls: the brief's ``costs``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from suffice.brief_part import BriefPart

ServiceTier = Literal["standard", "batch", "flex", "priority"]


class Costs(BriefPart):
    """What owning a candidate costs you beside its calls; 0 where it costs nothing."""

    service_tier: ServiceTier = "standard"
    """How you will call it in production: batch answers within a day, flex slowly,
    priority fast; each at its own price."""
    retry_share: float = Field(default=0.0, ge=0)
    """Share of requests that are sent, and paid, once more: 0.02 is one in fifty."""
    retrieval_usd_per_request: float = Field(default=0.0, ge=0)
    """What looking something up costs, for the rungs that retrieve."""
    monitored_share: float = Field(default=0.0, ge=0, le=1)
    """Share of the answers in production that a judge will look at."""
    judge_usd_per_answer: float | None = Field(default=None, ge=0)
    """What judging one answer costs. Empty: as measured in the climb, where it was."""
    monitoring_usd_per_month: float = Field(default=0.0, ge=0)
    """This feature's part of what watching it costs, whatever the volume."""
    growth_per_month: float = Field(default=0.0, gt=-1, le=1)
    """Growth of the volume: 0.05 is 5 % a month."""
    growth_uncertainty: float = Field(default=0.02, ge=0, le=1)
    """Standard deviation of that growth."""
    volume_uncertainty: float = Field(default=0.3, ge=0, le=3)
    """How far the volume may be from what you say: 0.3 is about 30 % either way."""
    price_drift_per_year: float = Field(default=0.0, gt=-1, le=5)
    """Expected change of token prices in a year: -0.5 halves them."""
    preparation_hours: float = Field(default=0.0, ge=0)
    """Hours of work on the examples before a model is tuned."""
    usd_per_hour: float = Field(default=0.0, ge=0)
    """What an hour of that work costs."""
    labels_needed: int = Field(default=0, ge=0)
    """Examples that must still be labelled before a model is tuned."""
    usd_per_label: float = Field(default=0.0, ge=0)
    """What labelling one example costs."""
    evaluation_usd: float = Field(default=0.0, ge=0)
    """What approving a tuned model costs before it goes live, beside the climb."""
    retrain_every_months: float | None = Field(default=None, gt=0)
    """Months after which a tuned model is trained anew. Empty: when its base is
    switched off."""
    discount_per_year: float = Field(default=0.0, ge=0, le=1)
    """Discount of later money: 0.1 values a dollar in a year at 91 cents."""

    @property
    def preparation_usd(self) -> float:
        """USD paid before each training, the training itself apart."""
        work = self.preparation_hours * self.usd_per_hour
        return work + self.labels_needed * self.usd_per_label + self.evaluation_usd
