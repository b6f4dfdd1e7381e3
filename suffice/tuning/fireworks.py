"""
Fireworks' fine-tuning API over its REST.

Paths and bodies: https://docs.fireworks.ai/api-reference/create-supervised-fine-tuning-job
and https://github.com/fw-ai-external/python-sdk.  The caller names jobs and datasets,
so a second create of the same job is refused by Fireworks itself.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from suffice.errors import SufficeError, TrainingError, TrainingUnavailable
from suffice.tuning.fireworks_replies import read_dataset, read_event, read_job, said
from suffice.tuning.job import JobEvent, JobState, Method, TuneSpec
from suffice.tuning.job_replies import JobCheckpoint
from suffice.tuning.rest import Rest
from suffice.tuning.rest_backend import RestBackend
from suffice.tuning.told import Told, pace_of, status_of

_SENT = {
    "n_epochs": "epochs",
    "batch_size": "batchSizeSamples",
    "lora_rank": "loraRank",
}
_PAGE = 200
_EXISTS = 409


class FireworksClient(RestBackend):
    """
    One account's fine-tuning API at ``https://api.fireworks.ai/v1/accounts/ACCOUNT``.
    """

    methods: ClassVar[tuple[Method, ...]] = ("lora",)
    settle_s = 60.0

    def __init__(self, base_url: str, api_key: str, *, timeout_s: float = 60.0) -> None:
        """*base_url* ends in ``/accounts/ACCOUNT``."""
        super().__init__(base_url, api_key, timeout_s=timeout_s)
        root, _, account = base_url.rstrip("/").partition("/accounts/")
        self.account = f"accounts/{account}"
        self.rest = Rest(root, api_key, name=self.name, timeout_s=timeout_s)

    def create_job(
        self, spec: TuneSpec, generation: int, files: tuple[str, str | None]
    ) -> JobState:
        """Start a job on the uploaded *files* (training, validation). This pays."""
        training, validation = files
        job_id = _job_id(spec, generation)
        body = {
            "displayName": f"{spec.suffix[:30]} {job_id}"[:63].strip(),
            "dataset": f"{self.account}/datasets/{training}",
            "baseModel": spec.base,
            "outputModel": f"{self.account}/models/{job_id}",
            **self._numbers(spec),
        }
        if validation is not None:
            body["evaluationDataset"] = f"{self.account}/datasets/{validation}"
        path = f"/{self.account}/supervisedFineTuningJobs"
        return self._job(self.rest.post(path, body, supervisedFineTuningJobId=job_id))

    def job(self, job_id: str) -> JobState:
        """The job as it stands."""
        return self._job(
            self.rest.get(f"/{self.account}/supervisedFineTuningJobs/{job_id}")
        )

    def events(self, job_id: str, after: str | None = None) -> tuple[JobEvent, ...]:
        """How far it is, in per cent, where that has changed; it keeps no log."""
        job = self.rest.get(f"/{self.account}/supervisedFineTuningJobs/{job_id}")
        event = read_event(job)
        return () if event is None or event.id == after else (event,)

    def checkpoints(self, job_id: str) -> tuple[JobCheckpoint, ...]:
        """None: the API shows the final model alone."""
        return ()

    def cancel(self, job_id: str) -> JobState:
        """Delete the job: for supervised jobs the API has no other way to end one."""
        self.rest.send("DELETE", f"/{self.account}/supervisedFineTuningJobs/{job_id}")
        return JobState(job_id=job_id, status="cancelled")

    def answers(self, model: str) -> bool:
        """Whether *model* is there to be hosted."""
        try:
            return self._model(model).get("state") == "READY"
        except SufficeError:
            return False

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        """Make a dataset of this content, named after the file; refused half files."""
        dataset = _dataset_id(name)
        made = {"displayName": name, "format": "CHAT", "userUploaded": {}}
        made["exampleCount"] = str(content.count(b"\n"))
        try:
            self.rest.post(
                f"/{self.account}/datasets", {"datasetId": dataset, "dataset": made}
            )
        except SufficeError as error:
            if status_of(error) != _EXISTS:
                raise
        form = {"file": (name, content, "application/jsonl")}
        got = self.rest.send(
            "POST", f"/{self.account}/datasets/{dataset}:upload", files=form
        )
        if got.get("bytes") not in (None, len(content)):
            raise TrainingError(
                f"{self.name} took {got.get('bytes')} of {len(content)} bytes of "
                f"{dataset}: run again to upload anew."
            )
        return {"id": dataset, "filename": name, "bytes": None, "status": "uploaded"}

    def file(self, file_id: str) -> dict[str, Any]:
        """The dataset as a file object; its size is not told."""
        return read_dataset(
            self._with("name", self.rest.get(f"/{self.account}/datasets/{file_id}"))
        )

    def files(self) -> list[dict[str, Any]]:
        """Datasets that are whole."""
        told = (
            self.rest.get(f"/{self.account}/datasets", pageSize=_PAGE).get("datasets")
            or []
        )
        known = map(read_dataset, told)
        return [dataset for dataset in known if dataset["status"] == "processed"]

    def _told(self, base: str) -> Told:
        account = self.rest.get(f"/{self.account}")
        suspended = account.get("suspendState") or "UNSUSPENDED"
        model = self._model(base)
        may, why = said(model, suspended)
        return Told(
            base=base,
            key_accepted=True,
            may_train=may,
            why=why,
            limits={
                name: float(model[key])
                for name, key in (("context_tokens", "trainingContextLength"),)
                if model.get(key)
            },
            tokens_per_s=pace_of(self._jobs(), base),
        )

    def _model(self, name: str) -> dict[str, Any]:
        return self._with("name", self.rest.get(f"/{name}"))

    def _jobs(self) -> list[JobState]:
        newest = {"pageSize": _PAGE, "orderBy": "createTime desc"}
        told = self.rest.get(f"/{self.account}/supervisedFineTuningJobs", **newest)
        return list(map(read_job, told.get("supervisedFineTuningJobs") or []))

    def _job(self, found: dict[str, Any]) -> JobState:
        return read_job(self._with("name", found))

    def _generation(self, job: JobState, spec: TuneSpec) -> int | None:
        mark = re.fullmatch(rf"{_job_id(spec, 0)[:-2]}-(\d+)", job.job_id)
        return int(mark[1]) if mark else None

    def _numbers(self, spec: TuneSpec) -> dict[str, Any]:
        self._check_method(spec)
        if "learning_rate_multiplier" in spec.hyperparameters:
            raise TrainingUnavailable(
                f"{self.name} does not tell the learning rate that a multiplier would "
                "be a factor on: leave tuning.learning_rate_multiplier out."
            )
        return {_SENT[name]: value for name, value in spec.hyperparameters.items()}


def _job_id(spec: TuneSpec, generation: int) -> str:
    """Lower-case letters, digits and dashes, as its names must be."""
    return f"suffice-{spec.key[:32]}-{generation}"


def _dataset_id(filename: str) -> str:
    return re.sub(r"[^a-z0-9-]", "-", filename.removesuffix(".jsonl").lower())
