"""What is to be tuned, how the job stands, and the model it gave. Values only."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Method = Literal["lora", "qlora", "full", "dpo"]

ENDED = ("succeeded", "failed", "cancelled")
"""The provider's own last words; every other status means that it goes on."""


@dataclass(frozen=True, kw_only=True)
class TuneSpec:
    """Everything that makes one fine-tune this one and no other."""

    training_sha256: str
    """Digest of the training file's bytes."""
    validation_sha256: str | None = None
    base: str
    method: Method = "lora"
    hyperparameters: Mapping[str, int | float] = field(default_factory=dict)
    """``n_epochs``, ``batch_size``, ``learning_rate_multiplier``, ``beta``; one left
    out is chosen by the provider, though a climb leaves ``n_epochs`` to nobody. The
    embedded server also takes ``lora_rank`` and ``early_stopping``."""
    seed: int = 7
    suffix: str = ""
    """Part of the tuned model's name; not part of the job's identity."""
    endpoint_name: str = "embedded"
    """Account that trains and pays, such as ``embedded`` or ``api.openai.com``."""

    @classmethod
    def of(cls, training: bytes, validation: bytes | None, **fields: Any) -> TuneSpec:
        """The spec of these two files and the other *fields*."""
        return cls(
            training_sha256=digest(training),
            validation_sha256=None if validation is None else digest(validation),
            **fields,
        )

    @property
    def identity(self) -> dict[str, Any]:
        """What a second job would have to differ in to be another one."""
        return {
            "training": self.training_sha256,
            "validation": self.validation_sha256,
            "base": self.base,
            "method": self.method,
            "hyperparameters": dict(self.hyperparameters),
            "seed": self.seed,
            "endpoint": self.endpoint_name,
        }

    @classmethod
    def identified(cls, identity: Mapping[str, Any]) -> TuneSpec:
        """
        The spec that has this *identity*; its suffix is no part of one.

        >>> spec = TuneSpec(training_sha256="1", base="tiny", hyperparameters={"a": 1})
        >>> TuneSpec.identified(spec.identity) == spec
        True
        """
        return cls(
            training_sha256=identity["training"],
            validation_sha256=identity["validation"],
            base=identity["base"],
            method=identity["method"],
            hyperparameters=identity["hyperparameters"],
            seed=identity["seed"],
            endpoint_name=identity["endpoint"],
        )

    @property
    def key(self) -> str:
        """64 hexadecimal digits (SHA-256) of the identity."""
        return digest(json.dumps(self.identity, sort_keys=True).encode())


@dataclass(frozen=True, kw_only=True)
class JobEvent:
    """One line of a job's own log."""

    id: str
    at: int
    """Seconds since 1970, by the provider's clock."""
    message: str
    level: str = "info"
    step: int | None = None
    total_steps: int | None = None
    loss: float | None = None
    """Training loss of this step."""
    valid_loss: float | None = None


@dataclass(frozen=True, kw_only=True)
class JobState:
    """How a job stands, as far as anybody knows."""

    job_id: str
    status: str
    """As the provider says it; ``unknown`` when it could not be asked."""
    base: str = ""
    fine_tuned_model: str | None = None
    trained_tokens: int | None = None
    """What is billed, once it has ended."""
    cpu_s: float | None = None
    """CPU-seconds the embedded server trained for."""
    usd: float | None = None
    """What it costs, where the provider itself says so."""
    error: str = ""
    """Why it failed, in the provider's words."""
    error_code: str = ""
    created_at: int = 0
    finished_at: int | None = None
    estimated_finish: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""
    events: tuple[JobEvent, ...] = ()
    """What happened since the last look, oldest first."""
    absent: bool = False
    """The provider said that it knows no such job, which may yet turn out wrong."""
    note: str = ""
    """Why the status is unknown."""

    @property
    def ended(self) -> bool:
        return self.status in ENDED


@dataclass(frozen=True, kw_only=True)
class TunedModel:
    """A tuned model that has answered a call."""

    model: str
    base: str
    job_id: str
    trained_tokens: int | None
    cpu_s: float | None
    train_s: float | None
    """Seconds from submission to the end of the job."""
    upfront_usd: float | None
    """What training it cost; ``None`` when no price is known."""


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Time, as an argument."""

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def digest(content: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
