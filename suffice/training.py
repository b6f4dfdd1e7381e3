"""What a brief says about fine-tuning: what is trained, how, and what is looked at."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from suffice.brief_part import BriefPart
from suffice.learning_curve import Shares
from suffice.waiting import Waiting


class Tuning(BriefPart):
    """How to fine-tune, should it come to that."""

    method: Literal["lora", "qlora", "full", "dpo"] = "lora"
    """What is trained: a small adapter, a small adapter on a 4-bit base, or all; or
    dpo, an adapter that then also learns which of two answers is preferred."""
    preferences: str | None = Field(default=None, validate_default=True)
    """For dpo: JSONL as OpenAI takes it ("input", "preferred_output",
    "non_preferred_output"), a local path, a pattern or an s3:// URL."""
    beta: float | None = Field(default=None, gt=0, le=2)
    """For dpo: how dearly the model pays for moving away from what it was before.
    Empty: the server's choice."""
    epochs: int | None = Field(default=None, ge=1, le=50)
    """Passes over the training examples. Empty: chosen from their number."""
    batch_size: int | None = Field(default=None, ge=1, le=256)
    """Examples per step. Empty: the server's choice."""
    learning_rate_multiplier: float | None = Field(default=None, gt=0, le=100)
    """Factor on the server's own learning rate. Empty: the server's choice."""
    early_stopping: bool = True
    """End a job whose loss on dev has not fallen for two epochs, and keep the best.
    Only the embedded trainer can; others train to the end."""
    checkpoints: int = Field(default=3, ge=1, le=10)
    """How many of a job's last checkpoints are compared on dev by the task's scorer.
    1: the tuned model is taken as it comes."""
    search: int = Field(default=1, ge=1, le=8)
    """Recipes to try, each a training job of its own within the budget; the best on
    dev is taken. 1: no search."""
    instructions: str | None = None
    """What the tuned model is told at run time: the shorter, the cheaper.
    Empty: the task's name only."""
    prepare_usd: float = Field(default=0.0, ge=0)
    """What preparing and reviewing the training examples costs you, in USD."""
    poll_s: float = Field(default=2.0, gt=0)
    """Seconds before the first look at a running job; later looks are rarer."""
    deadline_s: float = Field(default=6 * 3600.0, gt=0)
    """Seconds after which waiting for a job ends; the job itself goes on."""
    waiting: Waiting = Waiting()
    """How to wait for a job that takes long."""
    probes: bool = True
    """Ask a tuned model that passed, and its base, general questions and harmful ones,
    to tell what it has forgotten. It changes no ruling."""
    learning_curve: Shares = ()
    """Shares of the training examples, such as [0.25, 0.5], that fine-tuned is also
    trained on, to tell what more examples would bring; that takes two or more. Each
    costs a training job and its answers to the dev examples. Empty: none."""

    @field_validator("preferences")
    @classmethod
    def _only_for_dpo(cls, preferences: str | None, info: ValidationInfo) -> str | None:
        dpo = info.data.get("method") == "dpo"
        if dpo != (preferences is not None):
            raise PydanticCustomError(
                "preferences",
                "'method: dpo' and 'preferences: FILE' need each other; "
                "give both or neither",
            )
        return preferences
