"""The run of a climb in MLflow: its brief, and on which examples it was."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from suffice.brief import Brief
from suffice.examples import Example, Split, fingerprint
from suffice.registry import card
from suffice.registry.candidate_runs import log_batch, metrics
from suffice.results import Verdict

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

_SHOWN = ("bar", "margin", "confidence", "scorer", "seed", "budget_usd")
_COLUMNS = [
    {"name": "id", "type": "string", "required": True},
    {"name": "system", "type": "string", "required": False},
    {"name": "messages", "type": "string", "required": True},
    {"name": "answer", "type": "string", "required": True},
    {"name": "references", "type": "string", "required": False},
]
"""What the digest is made of, as MLflow writes a schema; lists stand as JSON."""
_LADDER = "ladder.json"
FLOW_RUN = "prefect_flow_run"
"""Tag of a climb's run: the page of the flow run that wrote its verdict."""
_WEB = re.compile(r"https?://[^\s<>\[\]()\\\"@]+")
"""Without an at sign: what stands before it would be a user and a password."""
_DIGEST_CHARS = 36
"""As many as MLflow keeps."""


def experiment(client: MlflowClient, name: str, place: str | None) -> str:
    """Id of the experiment called *name*, made with its artifacts at *place*."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name, artifact_location=place))
        except MlflowException:
            # Another machine was quicker.
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    return str(found.experiment_id)


def find(client: MlflowClient, experiment_id: str, climb_id: str) -> Run | None:
    """The climb's run; the oldest, so that all agree should there be two."""
    found = client.search_runs(
        [experiment_id],
        f"tags.climb_id = '{climb_id}' AND tags.kind = 'climb'",
        max_results=1,
        order_by=["attributes.start_time ASC"],
    )
    return found[0] if found else None


def create(
    client: MlflowClient, experiment_id: str, climb_id: str, data_fingerprint: str
) -> Run:
    """A new run for the climb."""
    tags = {
        "kind": "climb",
        "climb_id": climb_id,
        "data_fingerprint": data_fingerprint,
    }
    return client.create_run(experiment_id, tags=tags, run_name=climb_id)


def log_brief(client: MlflowClient, run_id: str, brief: Brief) -> None:
    """The brief as a file, and what one compares climbs by as parameters."""
    params: dict[str, Any] = {name: getattr(brief, name) for name in _SHOWN}
    params |= {"rungs": ", ".join(brief.rungs)}
    params |= {"models": ", ".join(brief.models.base)}
    log_batch(client, run_id, params=params)
    client.log_text(run_id, brief.model_dump_json(indent=2), "brief.json")


def log_examples(client: MlflowClient, run_id: str, brief: Brief, split: Split) -> None:
    """Digest and size of each part of the examples, as inputs of the run."""
    from mlflow.entities import DatasetInput, InputTag

    parts = {"train": split.train, "dev": split.dev, "test": split.test}
    inputs = [
        DatasetInput(
            dataset=_dataset(brief, part, examples),
            tags=[InputTag("mlflow.data.context", part)],
        )
        for part, examples in parts.items()
    ]
    client.log_inputs(run_id, datasets=inputs)


def ladder_tags(verdict: Verdict, flow_run: str = "") -> dict[str, str]:
    """
    What shows the ladder as the run's description and among its tables.

    *flow_run* is the address of the page of the flow run that decided.
    """
    table = [{"path": _LADDER, "type": "table"}]
    known = is_web(flow_run)
    link = f"[Its run in Prefect]({flow_run})" if known else ""
    return {
        "mlflow.note.content": card.ladder_text(verdict, link),
        "mlflow.loggedArtifacts": json.dumps(table),
        **({FLOW_RUN: flow_run} if known else {}),
    }


def chosen_metrics(verdict: Verdict) -> dict[str, float]:
    """What was chosen, as metrics of the climb: climbs are compared by them."""
    chosen = [m for m in verdict.ladder if m.candidate_key == verdict.chosen]
    return metrics(chosen[0]) if chosen else {}


def is_web(text: str) -> bool:
    """Whether *text* is an address that may stand as a link, and nothing else."""
    return bool(_WEB.fullmatch(text))


def log_ladder(client: MlflowClient, run_id: str, verdict: Verdict) -> None:
    """The candidates side by side, as a table of the run."""
    text = json.dumps(card.ladder(verdict), ensure_ascii=False)
    client.log_text(run_id, text, _LADDER)


def _dataset(brief: Brief, part: str, examples: Sequence[Example]) -> Any:
    from mlflow.entities import Dataset

    return Dataset(
        name=f"{brief.name}-{part}",
        digest=fingerprint(examples)[:_DIGEST_CHARS],
        source_type="s3" if brief.examples.startswith("s3://") else "local",
        source=json.dumps({"uri": brief.examples}),
        schema=json.dumps({"mlflow_colspec": _COLUMNS}),
        profile=json.dumps({"num_rows": len(examples)}),
    )
