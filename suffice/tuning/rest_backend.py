"""What the providers without OpenAI's fine-tuning API have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from suffice.errors import CallFailed, SufficeError, TrainingUnavailable
from suffice.tuning.job import JobState, Method, TuneSpec
from suffice.tuning.marks import generation_of
from suffice.tuning.openai_account import account_name
from suffice.tuning.rest import Rest
from suffice.tuning.told import Told, refused


class RestBackend(ABC):
    """One account's own REST API; a tuned model must be hosted there."""

    embedded = False
    serves_at_once = False
    quotes = False
    methods: ClassVar[tuple[Method, ...]] = ("lora",)

    def __init__(self, base_url: str, api_key: str, *, timeout_s: float = 60.0) -> None:
        """*base_url* is the address of the fine-tuning API, up to its paths."""
        self.name = account_name(base_url)
        self.timeout_s = timeout_s
        self.rest = Rest(base_url, api_key, name=self.name, timeout_s=timeout_s)

    def __repr__(self) -> str:
        """Its name; never its key."""
        return f"{type(self).__name__}({self.name!r})"

    def reconnect(self) -> None:
        """Give back the connections, and open new ones at the next call."""
        self.rest.close()

    close = reconnect

    def find_jobs(self, spec: TuneSpec) -> tuple[tuple[int, JobState], ...]:
        """Generation and state of every job of this *spec*, oldest first."""
        ours = [(self._generation(job, spec), job) for job in self._jobs()]
        found = [(g, job) for g, job in ours if g is not None]
        return tuple(sorted(found, key=lambda f: (f[1].created_at, f[1].job_id)))

    def quote(self, spec: TuneSpec, files: tuple[str, str | None]) -> float | None:
        """``None``: it does not say what a job will cost."""
        return None

    def told(self, base: str) -> Told:
        """What can be read of training *base*. Raises `CallFailed` unanswered."""
        try:
            return self._told(base)
        except CallFailed:
            raise
        except SufficeError as error:
            return refused(base, error)

    @abstractmethod
    def _jobs(self) -> list[JobState]: ...

    @abstractmethod
    def _told(self, base: str) -> Told: ...

    def _generation(self, job: JobState, spec: TuneSpec) -> int | None:
        return generation_of(job, spec)

    def _check_method(self, spec: TuneSpec) -> None:
        if spec.method not in self.methods:
            raise TrainingUnavailable(
                f"{self.name} does not train by {spec.method!r}: set tuning.method to "
                f"{' or '.join(self.methods)}."
            )

    def _with(self, name: str, found: dict[str, Any]) -> dict[str, Any]:
        """*found*, which must carry *name*: an answer cut short may not."""
        if not found.get(name):
            raise CallFailed(f"{self.name} gave an answer that lacks {name!r}: {found}")
        return found
