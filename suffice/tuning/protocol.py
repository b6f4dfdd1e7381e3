"""
What every place that trains can do, whoever runs it.

The embedded server, OpenAI, Azure, Nebius, Together and Fireworks differ in their
HTTP; whoever submits, follows and hosts a job sees only this.
"""

from __future__ import annotations

from typing import Any, Protocol

from suffice.tuning.job import JobEvent, JobState, Method, TuneSpec
from suffice.tuning.job_replies import JobCheckpoint
from suffice.tuning.told import Told


class Backend(Protocol):
    """
    One account's fine-tuning API; one attempt per call.

    What it raises is one of ours. `CallFailed` itself, not its subclass, means that
    nobody knows whether the call was accepted.
    """

    @property
    def embedded(self) -> bool:
        """Whether it is the server on this machine."""
        ...

    @property
    def timeout_s(self) -> float:
        """Seconds that one call may take."""
        ...

    @property
    def methods(self) -> tuple[Method, ...]:
        """What of a base it can train."""
        ...

    @property
    def serves_at_once(self) -> bool:
        """Whether a tuned model answers without being hosted first."""
        ...

    @property
    def quotes(self) -> bool:
        """Whether it says what a job will cost before it is paid for."""
        ...

    @property
    def name(self) -> str:
        """The account's name in the ledger, such as ``api.openai.com``."""
        ...

    @property
    def settle_s(self) -> float:
        """How long an accepted job may stay out of the provider's list, at worst."""
        ...

    def reconnect(self) -> None:
        """Give back the connections, and open new ones at the next call."""
        ...

    def close(self) -> None:
        """Give back the connections."""
        ...

    def told(self, base: str) -> Told:
        """What can be known of training *base* without paying for anything."""
        ...

    def quote(self, spec: TuneSpec, files: tuple[str, str | None]) -> float | None:
        """
        USD that the job of *spec* on these uploaded *files* will cost, as they say.

        ``None``: they do not say. Raises `QuotaExceeded` where the account is too poor.
        """
        ...

    def create_job(
        self, spec: TuneSpec, generation: int, files: tuple[str, str | None]
    ) -> JobState:
        """Start a job on the uploaded *files* (training, validation). This pays."""
        ...

    def find_jobs(self, spec: TuneSpec) -> tuple[tuple[int, JobState], ...]:
        """Generation and state of every job of this *spec*, oldest first."""
        ...

    def job(self, job_id: str) -> JobState:
        """The job as it stands; its model's final name once it has succeeded."""
        ...

    def events(self, job_id: str, after: str | None = None) -> tuple[JobEvent, ...]:
        """What happened since the event *after*, oldest first."""
        ...

    def checkpoints(self, job_id: str) -> tuple[JobCheckpoint, ...]:
        """The checkpoints that the provider keeps of the job, newest first."""
        ...

    def cancel(self, job_id: str) -> JobState:
        """Ask the provider to end the job."""
        ...

    def answers(self, model: str) -> bool:
        """Whether *model* answers, or is there to be hosted where it must be."""
        ...

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        """Upload a file; a file object with ``id``, ``bytes`` and ``status``."""
        ...

    def file(self, file_id: str) -> dict[str, Any]:
        """That file object now; ``bytes`` is ``None`` where no size is told."""
        ...

    def files(self) -> list[dict[str, Any]]:
        """The newest files for training."""
        ...
