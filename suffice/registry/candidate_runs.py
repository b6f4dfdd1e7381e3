"""One candidate in MLflow: a run, a logged model, its metrics, answers and prompt."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from suffice.candidates import Candidate
from suffice.economics.wording import with_rung
from suffice.examples import Example
from suffice.registry import answer_tables, sample_traces
from suffice.results import Measured, Outcome

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run


def log_candidate(
    client: MlflowClient,
    parent: Run,
    candidate: Candidate,
    measured: Measured,
    outcomes: Sequence[Outcome],
    *,
    examples: Sequence[Example] = (),
) -> str:
    """
    Id of the logged model; the same measurement is logged once.

    Of the *examples* that it answered worst there are traces too.
    """
    done = find_logged_model(client, parent, candidate, measured)
    if done is not None:
        return done
    run, model_id = _begun(client, parent, candidate, measured)
    run_id = str(run.info.run_id)
    _log_numbers(client, parent, run_id, model_id, measured, candidate)
    answer_tables.log(client, run_id, candidate, outcomes)
    if candidate.rung != "floor":
        sample_traces.log(
            client,
            run,
            model_id=model_id,
            candidate=candidate,
            answered={e.id: e for e in examples},
            outcomes=outcomes,
        )
    _tie(client, run_id, model_id)
    # Last of all: that the run has finished means that everything is there.
    client.set_terminated(run_id, "FINISHED")
    return model_id


def _begun(
    client: MlflowClient, parent: Run, candidate: Candidate, measured: Measured
) -> tuple[Run, str]:
    """A run and a logged model for the candidate, with nothing in them yet."""
    experiment, tags = parent.info.experiment_id, _tags(parent, candidate, measured)
    run_tags = tags | {"mlflow.parentRunId": parent.info.run_id}
    name = with_rung(candidate.rung, candidate.name)
    if candidate.rung != "floor":
        name += f" on {candidate.model}"
    run = client.create_run(experiment, tags=run_tags, run_name=name)
    # An external model: what answers lies at the endpoint, not in MLflow.
    model = client.create_logged_model(
        experiment,
        name=_model_name(candidate),
        source_run_id=run.info.run_id,
        tags=tags | {"mlflow.model.isExternal": "true"},
        params=_params(candidate),
        model_type="candidate",
    )
    return run, str(model.model_id)


def find_logged_model(
    client: MlflowClient, parent: Run, candidate: Candidate, measured: Measured
) -> str | None:
    """Id of the logged model of this very measurement, if it is complete."""
    wanted = " AND ".join(
        f"tags.{name} = '{value}'"
        for name, value in _identity(parent, candidate, measured).items()
    )
    runs = client.search_runs(
        [parent.info.experiment_id],
        f"{wanted} AND attributes.status = 'FINISHED'",
        max_results=1,
    )
    found = runs[0].outputs if runs else None
    outputs = found.model_outputs if found else []
    return str(outputs[0].model_id) if outputs else None


def log_batch(
    client: MlflowClient,
    run_id: str,
    *,
    metrics: Mapping[str, float] | None = None,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    about: Mapping[str, str] | None = None,
) -> None:
    """Log all of it in one call; *about* ties metrics to a model and a dataset."""
    from mlflow.entities import Metric, Param, RunTag

    now = int(time.time() * 1000)
    more = dict(about or {}, run_id=run_id) if about else {}
    client.log_batch(
        run_id,
        metrics=[Metric(k, v, now, 0, **more) for k, v in (metrics or {}).items()],
        params=[Param(k, str(v)) for k, v in (params or {}).items()],
        tags=[RunTag(k, v) for k, v in (tags or {}).items()],
    )


def _identity(parent: Run, candidate: Candidate, measured: Measured) -> dict[str, str]:
    # What was spent or reused is different the second time; the result is not.
    result = (
        measured.ruling,
        measured.n,
        measured.n_missing,
        measured.quality,
        measured.quality_low,
        measured.quality_high,
    )
    digest = hashlib.sha256(repr(result).encode()).hexdigest()[:16]
    return {
        "climb_id": parent.data.tags.get("climb_id", parent.info.run_id),
        "candidate_key": candidate.key,
        "measured": digest,
    }


def _tags(parent: Run, candidate: Candidate, measured: Measured) -> dict[str, str]:
    return _identity(parent, candidate, measured) | {
        "kind": "candidate",
        "rung": candidate.rung,
        "model": candidate.model,
        "ruling": measured.ruling,
        "also_called": ", ".join(candidate.tags),
    }


def _params(candidate: Candidate) -> dict[str, str]:
    return {
        "rung": candidate.rung,
        "model": candidate.model,
        "demonstrations": str(len(candidate.demonstrations)),
        "answer_rule": candidate.answer_rule,
        "max_output_tokens": str(candidate.max_output_tokens),
        "system": (candidate.system or "")[:500],
        "preamble": (candidate.preamble or "")[:500],
    }


def _log_numbers(
    client: MlflowClient,
    parent: Run,
    run_id: str,
    model_id: str,
    measured: Measured,
    candidate: Candidate,
) -> None:
    from mlflow.entities import RunTag

    judged = [
        given.dataset
        for given in (parent.inputs.dataset_inputs if parent.inputs else ())
        if any(tag.value == "test" for tag in given.tags)
    ]
    about = {"model_id": model_id}
    if judged:
        about |= {"dataset_name": judged[0].name, "dataset_digest": judged[0].digest}
    log_batch(
        client,
        run_id,
        metrics=metrics(measured),
        params=_params(candidate),
        about=about,
    )
    table = json.dumps([{"path": answer_tables.SHOWN, "type": "table"}])
    client.log_batch(run_id, tags=[RunTag("mlflow.loggedArtifacts", table)])


def metrics(measured: Measured) -> dict[str, float]:
    """The UI shows no intervals, so their ends are metrics of their own."""
    usd, p50, p95 = (
        None if value is None else 1000 * value
        for value in (
            measured.usd_per_request,
            measured.latency_p50_s,
            measured.latency_p95_s,
        )
    )
    found: dict[str, float | None] = {
        "quality": measured.quality,
        "quality_low": measured.quality_low,
        "quality_high": measured.quality_high,
        "n": measured.n,
        "n_missing": measured.n_missing,
        "usd_per_1k_requests": usd,
        "latency_p50_ms": p50,
        "latency_p95_ms": p95,
        "input_tokens": measured.input_tokens,
        "output_tokens": measured.output_tokens,
        "spent_usd": measured.spent_usd,
        "upfront_usd": measured.upfront_usd,
        "retrieval_hit": measured.retrieval_hit,
    }
    found |= measured.forgetting.metrics if measured.forgetting else {}
    return {name: float(value) for name, value in found.items() if value is not None}


def _tie(client: MlflowClient, run_id: str, model_id: str) -> None:
    from mlflow.entities import LoggedModelOutput, LoggedModelStatus

    client.log_outputs(run_id, [LoggedModelOutput(model_id, 0)])
    client.finalize_logged_model(model_id, LoggedModelStatus.READY)


def _model_name(candidate: Candidate) -> str:
    # MLflow refuses / : . % " ' in the name of a logged model.
    return f"{candidate.rung}-{candidate.key[:8]}"
