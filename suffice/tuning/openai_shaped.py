"""
Azure, Nebius and one's own GPU: OpenAI's fine-tuning API, with differences.

Azure (https://learn.microsoft.com/en-us/azure/foundry/openai/how-to/fine-tuning) and
Nebius (https://docs.tokenfactory.nebius.com/post-training/how-to-fine-tune) document
no metadata of jobs, so these are known by their suffix, and neither serves a tuned
model before it has been hosted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from suffice.errors import TrainingUnavailable
from suffice.tuning.client import TuningClient
from suffice.tuning.job import JobState, Method, TuneSpec

LEARNING_RATE = 1e-5
"""What Nebius and Together train at by default; a multiplier is a factor on it."""


class AzureClient(TuningClient):
    """A Foundry resource at ``https://NAME.openai.azure.com/openai/v1``."""

    serves_at_once = False
    keeps_metadata = False
    # Azure's own limit was not found: 18 is what OpenAI's API once took at most.
    longest_suffix = 18


class NebiusClient(TuningClient):
    """Nebius Token Factory at ``https://api.tokenfactory.nebius.com/v1``."""

    serves_at_once = False
    keeps_metadata = False

    @property
    def methods(self) -> tuple[Method, ...]:
        """What of a base it can train."""
        return ("lora", "full")

    def job(self, job_id: str) -> JobState:
        """The job as it stands; its model is ``JOB:CHECKPOINT``, of the last one."""
        state = super().job(job_id)
        if state.status != "succeeded" or state.fine_tuned_model:
            return state
        kept = self.checkpoints(job_id)
        if not kept:
            return state
        last = max(kept, key=lambda checkpoint: checkpoint.step)
        return replace(state, fine_tuned_model=f"{job_id}:{last.id}")

    def _listed(self, model: str) -> bool:
        return ":" in model  # It was read off the job's own checkpoints just now.

    def _method(self, spec: TuneSpec) -> Any:
        """
        LoRA must be asked for, and the learning rate is absolute.

        See https://docs.tokenfactory.nebius.com/api-reference/fine-tuning.
        """
        if spec.method not in self.methods:
            raise TrainingUnavailable(
                f"{self.name} does not train by {spec.method!r}: set tuning.method to "
                f"one of {self.methods}."
            )
        numbers: dict[str, Any] = dict(spec.hyperparameters)
        factor = numbers.pop("learning_rate_multiplier", None)
        if factor is not None:
            numbers["learning_rate"] = factor * LEARNING_RATE
        rank = numbers.pop("lora_rank", None)
        if rank is not None:
            numbers["lora_r"] = numbers["lora_alpha"] = rank
        numbers["lora"] = spec.method == "lora"
        return {"type": "supervised", "supervised": {"hyperparameters": numbers}}


class OwnGpuClient(TuningClient):
    """
    The embedded trainer, whose adapters a vLLM of one's own serves.

    The embedded server answers for the tuned model while it is not hosted yet.
    """

    serves_at_once = False

    @property
    def methods(self) -> tuple[Method, ...]:
        """vLLM loads adapters only: full weights would need a server of their own."""
        return ("lora", "qlora")
