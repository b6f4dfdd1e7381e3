"""How the losses of a training job fell. Values only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class CurveStep:
    """The losses after one step of training."""

    step: int
    at: int
    """Seconds since 1970, by the provider's clock."""
    train_loss: float | None = None
    valid_loss: float | None = None


@dataclass(frozen=True, kw_only=True)
class LossCurve:
    """How the losses of one job fell."""

    name: str
    """What was trained, such as ``fine-tuned``."""
    job_id: str
    steps: tuple[CurveStep, ...]
