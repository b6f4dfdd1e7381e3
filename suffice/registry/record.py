"""
The record of climbs in MLflow, and its registry of models.

An experiment per brief, a run per climb, below it a run and a logged model per
candidate (`registry_candidates`), and the winner as a registered model that can be
loaded and served (`registry_champions`).  Everything is keyed by climb and
candidate, so that logging it again changes nothing.  Only the modules called
``registry`` and ``champion_model`` import MLflow.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from suffice.brief import Brief
from suffice.candidates import Candidate
from suffice.economics.verdict_io import from_json
from suffice.errors import EnvironmentFailed
from suffice.examples import Example, Split
from suffice.registry import (
    candidate_runs,
    card,
    champions,
    climb_runs,
    prompts,
    rechecks,
)
from suffice.registry.store import LOCK, only_one, open_client
from suffice.results import Measured, Outcome, Verdict
from suffice.retrieval.pools import Pool

if TYPE_CHECKING:
    from mlflow import MlflowClient


@dataclass(frozen=True, kw_only=True)
class Champion:
    """A registered model, as the registry knows it."""

    name: str
    version: str
    alias: str
    tags: dict[str, str]
    """What it was registered with: climb, rung, quality with interval, prices."""

    @property
    def uri(self) -> str:
        """What ``mlflow.pyfunc.load_model`` takes."""
        return f"models:/{self.name}@{self.alias}"


_VERDICT_TAGS = (
    *("action", "rung", "model", "motive", "registered", "chosen", "decided_on"),
    *("prices_on", "shutdown_on", "given_up"),
)


class Registry:
    """MLflow at ``MLFLOW_TRACKING_URI``, or in a SQLite file under *output*."""

    def __init__(self, output: Path) -> None:
        self._output = output.resolve()

    @property
    def default_store(self) -> str:
        """Address of the store that needs no server."""
        return f"sqlite:///{self._output / 'mlflow.db'}"

    @property
    def default_artifacts(self) -> Path:
        """Where that store keeps tables, reports and models."""
        return self._output / "mlartifacts"

    @property
    def tracking_uri(self) -> str:
        """Where it records."""
        return os.environ.get("MLFLOW_TRACKING_URI") or self.default_store

    @property
    def ui_command(self) -> str:
        """What shows it in a browser: a command, or the address of the server."""
        if self.tracking_uri.startswith(("http://", "https://")):
            return self.tracking_uri
        return f"mlflow server --port 5000 --backend-store-uri {self.tracking_uri}"

    def prepare(self) -> None:
        """Open the store now, and make it when it is new."""
        _ = self.client

    def start_climb(
        self, brief: Brief, *, climb_id: str, data_fingerprint: str, split: Split
    ) -> str:
        """Id of the climb's run, made when it is not there yet."""
        with self._alone():
            experiment = self._experiment(brief.name)
            run = climb_runs.find(self.client, experiment, climb_id)
            if run is None:
                run = climb_runs.create(
                    self.client, experiment, climb_id, data_fingerprint
                )
            run_id = str(run.info.run_id)
            if run.inputs is None or not run.inputs.dataset_inputs:
                climb_runs.log_brief(self.client, run_id, brief)
                # The examples come last: that they are there means that all is.
                self.log_dataset(run_id, brief, split)
        return run_id

    def log_dataset(self, run_id: str, brief: Brief, split: Split) -> None:
        """Digest and size of each part of the examples, as inputs of the run."""
        climb_runs.log_examples(self.client, run_id, brief, split)

    def log_candidate(
        self,
        run_id: str,
        candidate: Candidate,
        measured: Measured,
        outcomes: Sequence[Outcome],
        *,
        examples: Sequence[Example] = (),
    ) -> str:
        """
        Id of the candidate's logged model, with its metrics and its answers.

        A few of the *examples* are traced, those that it answered worst.
        """
        with self._alone():
            return candidate_runs.log_candidate(
                self.client,
                self.client.get_run(run_id),
                candidate,
                measured,
                outcomes,
                examples=examples,
            )

    def register_prompt(self, brief: Brief, candidate: Candidate) -> int | None:
        """Version of the candidate's prompt in the prompt registry, made once."""
        return prompts.register_prompt(self.client, brief.name, candidate)

    def register_champion(
        self,
        run_id: str,
        brief: Brief,
        candidate: Candidate,
        measured: Measured,
        verdict: Verdict,
        *,
        train: Sequence[Example] = (),
        pool: Pool | None = None,
    ) -> str:
        """
        Name and version, such as ``support/3``, of the candidate as a servable model.

        It gets the alias ``champion``; ``challenger`` when it has not passed.  *train*
        is what the floor learns from, *pool* what a candidate that retrieves searches;
        other rungs need neither.
        """
        winner = card.Winner(
            brief=brief, candidate=candidate, measured=measured, verdict=verdict
        )
        with self._alone():
            model_id = candidate_runs.find_logged_model(
                self.client, self.client.get_run(run_id), candidate, measured
            )
            return champions.register(
                self.client,
                winner,
                run_id=run_id,
                model_id=model_id,
                train=train,
                pool=pool,
            )

    def log_verdict(
        self, brief: Brief, climb_id: str, verdict_json: str, flow_run: str = ""
    ) -> None:
        """Store the verdict, and the page of its flow run; end the climb's run."""
        run_id = self._run(brief, climb_id)
        verdict, decided = json.loads(verdict_json), from_json(verdict_json)
        numbers = ("spent_usd", "elapsed_s", "bar", "requests_per_month")
        candidate_runs.log_batch(
            self.client,
            run_id,
            metrics=climb_runs.chosen_metrics(decided)
            | {n: verdict[n] for n in numbers if verdict.get(n) is not None},
            tags={
                t: str(verdict[t]) for t in _VERDICT_TAGS if verdict.get(t) is not None
            }
            | climb_runs.ladder_tags(decided, flow_run),
        )
        self.client.log_text(run_id, verdict_json, "verdict.json")
        climb_runs.log_ladder(self.client, run_id, decided)
        self.client.set_terminated(run_id, "FINISHED")

    def log_report(self, brief: Brief, climb_id: str, paths: Iterable[Path]) -> None:
        """Store files, such as the report, in the climb's run."""
        run_id = self._run(brief, climb_id)
        for path in paths:
            self.client.log_artifact(run_id, str(path))

    def tag_recheck(self, brief: Brief, climb_id: str, tags: Mapping[str, str]) -> str:
        """Tag the climb's run and the champion; says what was tagged."""
        run_id = self._run(brief, climb_id)
        return rechecks.tag(self.client, run_id, brief.name, tags)

    def champion(self, name: str, alias: str = "champion") -> Champion:
        """The registered model under *alias*. Raises `EnvironmentFailed`."""
        from mlflow.exceptions import MlflowException

        try:
            found = self.client.get_model_version_by_alias(name, alias)
        except MlflowException as error:
            raise EnvironmentFailed(
                f"{self.tracking_uri} has no model {name!r} with the alias {alias!r}: "
                "run a climb that registers one."
            ) from error
        return Champion(
            name=name, version=str(found.version), alias=alias, tags=dict(found.tags)
        )

    @cached_property
    def client(self) -> MlflowClient:
        """MLflow's own client of it; opening a new store takes seconds."""
        return open_client(self.tracking_uri, self._output)

    def _experiment(self, name: str) -> str:
        ours = self.tracking_uri == self.default_store
        place = (self.default_artifacts / name).as_uri() if ours else None
        return climb_runs.experiment(self.client, name, place)

    def _alone(self) -> AbstractContextManager[None]:
        self.prepare()  # It takes the same lock.
        return only_one(self._output / LOCK)

    def _run(self, brief: Brief, climb_id: str) -> str:
        run = climb_runs.find(self.client, self._experiment(brief.name), climb_id)
        if run is None:
            raise EnvironmentFailed(
                f"{self.tracking_uri} has no run of climb {climb_id!r}: it was deleted "
                "or recorded elsewhere; run the climb again."
            )
        return str(run.info.run_id)
