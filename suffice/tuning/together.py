"""
Together's fine-tuning API over its REST.

Paths and bodies: https://github.com/togethercomputer/openapi (openapi.yaml) and
https://docs.together.ai/reference/post-fine-tunes.  Jobs carry no metadata: they are
known by the suffix of the model's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from suffice.errors import QuotaExceeded, SufficeError
from suffice.tuning.job import JobEvent, JobState, Method, TuneSpec
from suffice.tuning.job_replies import JobCheckpoint
from suffice.tuning.marks import sent_suffix
from suffice.tuning.openai_shaped import LEARNING_RATE
from suffice.tuning.rest_backend import RestBackend
from suffice.tuning.together_replies import (
    read_checkpoint,
    read_event,
    read_file,
    read_job,
)
from suffice.tuning.told import Told, pace_of

_PRICED = (
    "model",
    "training_file",
    "validation_file",
    "n_epochs",
    "n_evals",
    "training_type",
)
"""What of a job their price depends on, and all that the estimate takes."""


class TogetherClient(RestBackend):
    """One account's fine-tuning API at ``https://api.together.ai/v1``."""

    methods: ClassVar[tuple[Method, ...]] = ("lora", "full")
    settle_s = 900.0
    quotes = True

    def quote(self, spec: TuneSpec, files: tuple[str, str | None]) -> float | None:
        """
        USD that they estimate for the job, looks at the validation file included.

        Raises `QuotaExceeded` where the account's limit does not let it run.
        """
        asked = {k: v for k, v in self._body(spec, files).items() if k in _PRICED}
        told = self.rest.post("/fine-tunes/estimate-price", asked)
        usd = told.get("estimated_total_price")
        if told.get("allowed_to_proceed") is False:
            raise QuotaExceeded(
                f"{self.name} says that the job would cost ${usd or 0:.2f} and that "
                f"the account's limit of ${told.get('user_limit') or 0:.2f} does not "
                "bear it; raise the limit there, then run again."
            )
        available = told.get("estimation_available") is not False
        return float(usd) if available and isinstance(usd, int | float) else None

    def create_job(
        self, spec: TuneSpec, generation: int, files: tuple[str, str | None]
    ) -> JobState:
        """Start a job on the uploaded *files* (training, validation). This pays."""
        body = self._body(spec, files) | {
            "suffix": sent_suffix(spec, generation),
            "random_seed": spec.seed,
        }
        return self._job(self.rest.post("/fine-tunes", body))

    def job(self, job_id: str) -> JobState:
        """The job as it stands."""
        return self._job(self.rest.get(f"/fine-tunes/{job_id}"))

    def events(self, job_id: str, after: str | None = None) -> tuple[JobEvent, ...]:
        """What happened since the event *after*, oldest first."""
        told = self.rest.get(f"/fine-tunes/{job_id}/events").get("data") or []
        events = sorted(map(read_event, told), key=lambda event: event.at)
        seen = [n for n, event in enumerate(events, 1) if event.id == after]
        return tuple(events[seen[-1] :] if seen else events)

    def checkpoints(self, job_id: str) -> tuple[JobCheckpoint, ...]:
        """The checkpoints that the provider keeps of the job, newest first."""
        told = self.rest.get(f"/fine-tunes/{job_id}/checkpoints").get("data") or []
        kept = [read_checkpoint(checkpoint, job_id) for checkpoint in told]
        return tuple(sorted(kept, key=lambda c: c.step, reverse=True))

    def cancel(self, job_id: str) -> JobState:
        """Ask the provider to end the job; what it has trained by then is billed."""
        return self._job(self.rest.post(f"/fine-tunes/{job_id}/cancel", {}))

    def answers(self, model: str) -> bool:
        """Whether *model* is there to be hosted: its job has ended with it."""
        try:
            return any(job.fine_tuned_model == model for job in self._jobs())
        except SufficeError:
            return False

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        """Upload a file for fine-tuning; its file object in OpenAI's shape."""
        sent = self.rest.send(
            "POST",
            "/files/upload",
            data={"purpose": "fine-tune", "file_name": name, "file_type": "jsonl"},
            files={"file": (name, content, "application/jsonl")},
        )
        return read_file(self._with("id", sent))

    def file(self, file_id: str) -> dict[str, Any]:
        """The file object, in OpenAI's shape."""
        return read_file(self._with("id", self.rest.get(f"/files/{file_id}")))

    def files(self) -> list[dict[str, Any]]:
        """The files of the account."""
        return list(map(read_file, self.rest.get("/files").get("data") or []))

    def _told(self, base: str) -> Told:
        bases = self.rest.get("/fine-tunes/models/supported").get("models") or ()
        limits = self.rest.find("/fine-tunes/models/limits", model_name=base)
        able = limits is not None and (not bases or base in bases)
        return Told(
            base=base,
            key_accepted=True,
            may_train=able,
            why="" if able else f"it does not list {base!r} among its tunable models",
            bases=tuple(map(str, bases)),
            limits=_limits(limits or {}),
            tokens_per_s=pace_of(self._jobs(), base),
        )

    def _jobs(self) -> list[JobState]:
        return list(map(read_job, self.rest.get("/fine-tunes").get("data") or []))

    def _job(self, found: dict[str, Any]) -> JobState:
        return read_job(self._with("id", found))

    def _body(self, spec: TuneSpec, files: tuple[str, str | None]) -> dict[str, Any]:
        """What a job costs follows from it."""
        training, validation = files
        body = {"model": spec.base, "training_file": training, **self._numbers(spec)}
        if validation is not None:
            body["validation_file"] = validation
            # As many as `validations` reserves for: each look is billed.
            body["n_evals"] = max(1, int(spec.hyperparameters.get("n_epochs", 1)))
        return body

    def _numbers(self, spec: TuneSpec) -> dict[str, Any]:
        self._check_method(spec)
        numbers: dict[str, Any] = dict(spec.hyperparameters)
        factor = numbers.pop("learning_rate_multiplier", None)
        if factor is not None:
            numbers["learning_rate"] = factor * LEARNING_RATE
        rank = numbers.pop("lora_rank", None)
        if spec.method == "full":
            numbers["training_type"] = {"type": "Full"}
        elif rank is not None:
            lora = {"type": "Lora", "lora_r": rank, "lora_alpha": 2 * rank}
            numbers["training_type"] = lora
        return numbers


def _limits(told: Mapping[str, Any]) -> dict[str, float]:
    lora = told.get("lora_training") or {}
    named = {
        "max_epochs": told.get("max_num_epochs"),
        "max_learning_rate": told.get("max_learning_rate"),
        "max_lora_rank": lora.get("max_rank"),
        "max_batch_size": lora.get("max_batch_size"),
    }
    return {name: float(value) for name, value in named.items() if value is not None}
