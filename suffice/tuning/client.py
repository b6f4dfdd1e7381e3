"""
The fine-tuning API of one endpoint, through the openai SDK, one attempt per call.

No call is repeated here, no redirect is followed, and every failure is one of ours:
see `suffice.tuning.job_replies.refusal` for what is certain and what is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from suffice.errors import CallFailed, SufficeError, TrainingUnavailable
from suffice.tuning.job import JobEvent, JobState, TuneSpec
from suffice.tuning.job_replies import (
    JobCheckpoint,
    read_checkpoint,
    read_event,
    read_job,
    refusal,
)
from suffice.tuning.marks import generation_of, sent_metadata, sent_suffix

if TYPE_CHECKING:
    from openai import OpenAI

T = TypeVar("T")

SCANNED_JOBS = 200
"""Newest jobs looked through where the provider ignores the metadata filter."""
_EVENTS = 2000
_ONLY_EMBEDDED = ("lora_rank",)


class TuningClient:
    """One endpoint's fine-tuning API."""

    def __init__(
        self,
        base_url: str | Callable[[], str],
        api_key: str,
        *,
        embedded: bool = False,
        timeout_s: float = 60.0,
    ) -> None:
        """
        *base_url* may be a function that finds the address, and starts the server
        there where it is ours: it is asked again after a connection failed.
        """
        self._address = base_url
        self._api_key = api_key
        self.embedded = embedded
        self.timeout_s = timeout_s
        self._client: OpenAI | None = None

    def __repr__(self) -> str:
        """Its name; never its key."""
        return f"TuningClient({self.name!r})"

    @property
    def name(self) -> str:
        """The account's name in the ledger: ``embedded``, or host and path."""
        if self.embedded:
            return "embedded"
        parts = urlsplit(self.base_url)
        path = parts.path.rstrip("/").removesuffix("/v1")
        return f"{parts.netloc.rpartition('@')[2]}{path}"

    @property
    def base_url(self) -> str:
        """Where it is now."""
        return self._address if isinstance(self._address, str) else self._address()

    @property
    def settle_s(self) -> float:
        """How long an accepted job may stay out of the provider's list, at worst."""
        return 5.0 if self.embedded else 900.0

    def reconnect(self) -> None:
        """Give back the connections, and ask for the address at the next call."""
        if self._client is not None:
            self._client.close()
            self._client = None

    close = reconnect

    def create_job(
        self, spec: TuneSpec, generation: int, files: tuple[str, str | None]
    ) -> JobState:
        """Start a job on the uploaded *files* (training, validation). This pays."""
        training, validation = files
        more: dict[str, Any] = {"validation_file": validation} if validation else {}
        # Our own server keeps the metadata: no mark in the names people read.
        suffix = spec.suffix if self.embedded else sent_suffix(spec, generation)
        more |= {"suffix": suffix} if suffix else {}
        return self._job(
            lambda openai: openai.fine_tuning.jobs.create(
                model=spec.base,
                training_file=training,
                method=self._method(spec),
                seed=spec.seed,
                metadata=sent_metadata(spec, generation),
                **more,
            )
        )

    def find_jobs(self, spec: TuneSpec) -> tuple[tuple[int, JobState], ...]:
        """Generation and state of every job of this *spec*, oldest first."""
        wanted = {"suffice_key": spec.key}
        try:
            jobs = self._jobs(metadata=wanted)
        except CallFailed:
            raise
        except SufficeError:
            jobs = []  # A server that knows no such filter; the scan has to do.
        by_id = {job.job_id: job for job in [*jobs, *self._jobs()]}
        ours = [(generation_of(job, spec), job) for job in by_id.values()]
        found = [(g, job) for g, job in ours if g is not None]
        return tuple(sorted(found, key=lambda f: (f[1].created_at, f[1].job_id)))

    def job(self, job_id: str) -> JobState:
        """The job as it stands."""
        return self._job(lambda openai: openai.fine_tuning.jobs.retrieve(job_id))

    def events(self, job_id: str, after: str | None = None) -> tuple[JobEvent, ...]:
        """What happened since the event *after*, oldest first."""

        def newest(openai: OpenAI) -> list[JobEvent]:
            page = openai.fine_tuning.jobs.list_events(job_id, limit=100)
            new = takewhile(lambda event: event["id"] != after, map(_dict, page))
            return [read_event(event) for event in islice(new, _EVENTS)]

        return tuple(reversed(self._ask(newest)))

    def checkpoints(self, job_id: str) -> tuple[JobCheckpoint, ...]:
        """The checkpoints that the provider keeps of the job, newest first."""

        def kept(openai: OpenAI) -> tuple[JobCheckpoint, ...]:
            page = openai.fine_tuning.jobs.checkpoints.list(job_id, limit=100)
            return tuple(map(read_checkpoint, _dicts(page, SCANNED_JOBS)))

        return self._ask(kept)

    def cancel(self, job_id: str) -> JobState:
        """Ask the provider to end the job."""
        return self._job(lambda openai: openai.fine_tuning.jobs.cancel(job_id))

    def answers(self, model: str) -> bool:
        """Whether *model* answers one call of one token."""
        ask = [{"role": "user", "content": "Hello"}]
        body: dict[str, Any] = {"model": model, "messages": ask, "max_tokens": 1}
        try:
            self._ask(lambda openai: openai.chat.completions.create(**body))
        except SufficeError:
            return False
        return True

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
            lambda openai: _dicts(openai.files.list(purpose="fine-tune"), SCANNED_JOBS)
        )

    def _jobs(self, **filters: Any) -> list[JobState]:
        return self._ask(
            lambda openai: [
                read_job(job)
                for job in _dicts(
                    openai.fine_tuning.jobs.list(limit=100, **filters), SCANNED_JOBS
                )
            ]
        )

    def _job(self, call: Callable[[OpenAI], Any]) -> JobState:
        return read_job(self._fields(call))

    def _fields(self, call: Callable[[OpenAI], Any]) -> dict[str, Any]:
        return self._ask(lambda openai: _dict(call(openai)))

    def _method(self, spec: TuneSpec) -> Any:
        numbers: dict[str, Any] = dict(spec.hyperparameters)
        if self.embedded:
            numbers["method"] = spec.method
        elif spec.method != "lora" or any(n in numbers for n in _ONLY_EMBEDDED):
            raise TrainingUnavailable(
                f"{self.name} does not let one choose {spec.method!r} or a LoRA rank: "
                "set tuning.method to 'lora' or tune on the embedded server."
            )
        return {"type": "supervised", "supervised": {"hyperparameters": numbers}}

    def _ask(self, call: Callable[[OpenAI], T]) -> T:
        import openai

        try:
            return call(self._openai())
        except openai.APIStatusError as error:
            body = error.body if isinstance(error.body, dict) else {}
            raise refusal(error.status_code, body, self.name) from error
        except (openai.APIError, ValueError) as error:
            # Lost connections, and bodies that are cut short or no JSON at all.
            cause = error.__cause__ or error
            raise CallFailed(
                f"{self.name} gave no answer that can be read: "
                f"{type(cause).__name__}: {cause}"
            ) from error

    def _openai(self) -> OpenAI:
        from openai import DefaultHttpx2Client, OpenAI

        if self._client is None:
            self._client = OpenAI(
                base_url=self.base_url,
                api_key=self._api_key,
                max_retries=0,
                timeout=self.timeout_s,
                http_client=DefaultHttpx2Client(follow_redirects=False),
            )
        return self._client


def _dicts(page: Iterable[Any], most: int) -> list[dict[str, Any]]:
    return [_dict(item) for item in islice(page, most)]


def _dict(item: Any) -> dict[str, Any]:
    from pydantic import BaseModel

    found = item.model_dump() if isinstance(item, BaseModel) else {}
    if not found.get("id"):
        raise ValueError(f"{str(item)[:80]!r} is no object with an id")
    return found
