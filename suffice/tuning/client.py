"""
The fine-tuning API in OpenAI's shape, through the openai SDK, one attempt per call.

The embedded server, OpenAI, and whoever speaks as they do; where Azure and Nebius
differ is in `suffice.tuning.openai_shaped`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

from suffice.errors import CallFailed, SufficeError, TrainingUnavailable
from suffice.tuning.job import JobEvent, JobState, Method, TuneSpec
from suffice.tuning.job_replies import (
    JobCheckpoint,
    read_checkpoint,
    read_event,
    read_job,
)
from suffice.tuning.marks import generation_of, sent_metadata, sent_suffix
from suffice.tuning.openai_account import OpenAIAccount, all_fields, fields_of
from suffice.tuning.told import Told, pace_of, refused, said_of_model, status_of

if TYPE_CHECKING:
    from openai import OpenAI

SCANNED_JOBS = 200
"""Newest jobs looked through where the provider ignores the metadata filter."""
_EVENTS = 2000
_ONLY_EMBEDDED = ("lora_rank",)


class TuningClient(OpenAIAccount):
    """One endpoint's fine-tuning API."""

    serves_at_once = True
    quotes = False
    keeps_metadata = True
    """Whether a job may carry metadata; one that may not is known by its suffix."""
    longest_suffix = 49
    """Characters of it; the limit is 64 at OpenAI."""

    @property
    def methods(self) -> tuple[Method, ...]:
        """What of a base it can train."""
        if self.embedded:
            return ("lora", "qlora", "full", "dpo")
        return ("lora", "dpo")

    @property
    def settle_s(self) -> float:
        """How long an accepted job may stay out of the provider's list, at worst."""
        return 5.0 if self.embedded else 900.0

    def quote(self, spec: TuneSpec, files: tuple[str, str | None]) -> float | None:
        """``None``: nobody who speaks so says what a job will cost."""
        return None

    def create_job(
        self, spec: TuneSpec, generation: int, files: tuple[str, str | None]
    ) -> JobState:
        """Start a job on the uploaded *files* (training, validation). This pays."""
        training, validation = files
        more: dict[str, Any] = {"validation_file": validation} if validation else {}
        # Our own server keeps the metadata: no mark in the names people read.
        suffix = (
            spec.suffix
            if self.embedded
            else sent_suffix(spec, generation, self.longest_suffix)
        )
        more |= {"suffix": suffix} if suffix else {}
        if self.keeps_metadata:
            more["metadata"] = sent_metadata(spec, generation)
        return self._job(
            lambda openai: openai.fine_tuning.jobs.create(
                model=spec.base,
                training_file=training,
                method=self._method(spec),
                seed=spec.seed,
                **more,
            )
        )

    def find_jobs(self, spec: TuneSpec) -> tuple[tuple[int, JobState], ...]:
        """Generation and state of every job of this *spec*, oldest first."""
        by_id = {job.job_id: job for job in [*self._filtered(spec), *self._jobs()]}
        ours = [(generation_of(job, spec), job) for job in by_id.values()]
        found = [(g, job) for g, job in ours if g is not None]
        return tuple(sorted(found, key=lambda f: (f[1].created_at, f[1].job_id)))

    def _filtered(self, spec: TuneSpec) -> list[JobState]:
        try:
            return self._jobs(metadata={"suffice_key": spec.key})
        except CallFailed:
            raise
        except SufficeError:
            return []  # A server that knows no such filter; the scan has to do.

    def job(self, job_id: str) -> JobState:
        """The job as it stands."""
        return self._job(lambda openai: openai.fine_tuning.jobs.retrieve(job_id))

    def events(self, job_id: str, after: str | None = None) -> tuple[JobEvent, ...]:
        """What happened since the event *after*, oldest first."""

        def newest(openai: OpenAI) -> list[JobEvent]:
            page = openai.fine_tuning.jobs.list_events(job_id, limit=100)
            new = takewhile(lambda event: event["id"] != after, map(fields_of, page))
            return [read_event(event) for event in islice(new, _EVENTS)]

        return tuple(reversed(self._ask(newest)))

    def checkpoints(self, job_id: str) -> tuple[JobCheckpoint, ...]:
        """The checkpoints that the provider keeps of the job, newest first."""

        def kept(openai: OpenAI) -> tuple[JobCheckpoint, ...]:
            page = openai.fine_tuning.jobs.checkpoints.list(job_id, limit=100)
            return tuple(map(read_checkpoint, all_fields(page, SCANNED_JOBS)))

        return self._ask(kept)

    def cancel(self, job_id: str) -> JobState:
        """Ask the provider to end the job."""
        return self._job(lambda openai: openai.fine_tuning.jobs.cancel(job_id))

    def answers(self, model: str) -> bool:
        """Whether *model* answers one call of one token, or is there to be hosted."""
        if not self.serves_at_once:
            return self._listed(model)
        ask = [{"role": "user", "content": "Hello"}]
        body: dict[str, Any] = {"model": model, "messages": ask, "max_tokens": 1}
        try:
            self._ask(lambda openai: openai.chat.completions.create(**body))
        except SufficeError:
            return False
        return True

    def _listed(self, model: str) -> bool:
        try:
            return bool(self._fields(lambda openai: openai.models.retrieve(model)))
        except SufficeError:
            return False

    def told(self, base: str) -> Told:
        """What its model and its list of jobs say. Raises `CallFailed` unanswered."""
        try:
            model, jobs = self._model(base), self._jobs()
            bases = self._bases()
        except CallFailed:
            raise
        except SufficeError as error:
            return refused(base, error)
        return Told(
            base=base,
            key_accepted=True,
            tokens_per_s=pace_of(jobs, base),
            bases=bases,
            **self._said(model),
        )

    def _model(self, name: str) -> dict[str, Any]:
        """The model object; a bare one where the server shows no models."""
        try:
            return self._fields(lambda openai: openai.models.retrieve(name))
        except CallFailed:
            raise
        except SufficeError as error:
            if status_of(error) in (401, 403) or "model_not_found" in str(error):
                raise
            return {"id": name}

    def _said(self, model: Mapping[str, Any]) -> dict[str, Any]:
        said = said_of_model(model)
        if self.embedded and said["may_train"] is None:
            said["may_train"] = ":" not in str(model["id"])
        return said

    def _bases(self) -> tuple[str, ...]:
        """Those it says can be tuned; OpenAI itself does not say."""
        try:
            models = self._ask(
                lambda openai: all_fields(openai.models.list(), SCANNED_JOBS)
            )
        except CallFailed:
            raise
        except SufficeError:
            return ()  # A server that shows no models.
        return tuple(
            str(model["id"])
            for model in models
            if (model.get("capabilities") or {}).get("fine_tune")
            or (self.embedded and ":" not in str(model["id"]))
        )

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        """Upload a file for fine-tuning; the provider's file object."""
        file = (name, content, "application/jsonl")
        return self._fields(
            lambda openai: openai.files.create(file=file, purpose="fine-tune")
        )

    def file(self, file_id: str) -> dict[str, Any]:
        """The provider's file object."""
        return self._fields(lambda openai: openai.files.retrieve(file_id))

    def files(self) -> list[dict[str, Any]]:
        """The newest files for fine-tuning."""
        return self._ask(
            lambda openai: all_fields(
                openai.files.list(purpose="fine-tune"), SCANNED_JOBS
            )
        )

    def _jobs(self, **filters: Any) -> list[JobState]:
        return self._ask(
            lambda openai: [
                read_job(job)
                for job in all_fields(
                    openai.fine_tuning.jobs.list(limit=100, **filters), SCANNED_JOBS
                )
            ]
        )

    def _job(self, call: Callable[[OpenAI], Any]) -> JobState:
        return read_job(self._fields(call))

    def _method(self, spec: TuneSpec) -> Any:
        numbers: dict[str, Any] = dict(spec.hyperparameters)
        if spec.method == "dpo":
            return {"type": "dpo", "dpo": {"hyperparameters": numbers}}
        if self.embedded:
            numbers["method"] = spec.method
        elif spec.method != "lora" or any(n in numbers for n in _ONLY_EMBEDDED):
            raise TrainingUnavailable(
                f"{self.name} does not let one choose {spec.method!r} or a LoRA rank: "
                "set tuning.method to 'lora' or tune on the embedded server."
            )
        return {"type": "supervised", "supervised": {"hyperparameters": numbers}}
