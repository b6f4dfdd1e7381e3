"""
Traces of a few examples, so that MLflow's pages show what was asked and answered.

A few of each candidate only: a trace takes fifty times what a row of a table takes,
and the table of answers has them all.  MLflow's own functions trace at the process's
address; these go to the store that is given, by what its clients use themselves.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from suffice.candidates import Candidate
from suffice.examples import Example
from suffice.results import Completion, Outcome

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run, Span, TraceInfo

SAMPLED = 8
"""Examples traced of one candidate: the worst answers first."""
_NS = 1_000_000_000


def log(
    client: MlflowClient,
    run: Run,
    *,
    model_id: str,
    candidate: Candidate,
    answered: Mapping[str, Example],
    outcomes: Sequence[Outcome],
) -> None:
    """Trace the worst answers of *candidate*; those to examples that are *answered*."""
    chosen = [
        (answered[o.example_id], o, o.completion)
        for o in sorted(outcomes, key=lambda o: -1.0 if o.score is None else o.score)
        if o.example_id in answered and o.completion is not None
    ]
    spans = []
    for example, outcome, completion in chosen[:SAMPLED]:
        about = _About(candidate, example, outcome, completion)
        info = about.info(run, model_id)
        client._tracing_client.start_trace(info)
        spans.append(about.span(info))
    if spans:
        client._tracing_client.log_spans(run.info.experiment_id, spans)


class _About:
    """One answer, as a trace and as its only span."""

    def __init__(
        self,
        candidate: Candidate,
        example: Example,
        outcome: Outcome,
        completion: Completion,
    ) -> None:
        self._candidate, self._example = candidate, example
        self._outcome, self._done = outcome, completion

    def info(self, run: Run, model_id: str) -> TraceInfo:
        """The trace: the same again has the same id."""
        from mlflow.entities import TraceInfo, TraceLocation, TraceState

        said = f"{run.info.run_id} {self._candidate.key} {self._example.id}"
        took_ms = max(1, round(1000 * self._done.latency_s))
        return TraceInfo(
            trace_id=f"tr-{hashlib.sha256(said.encode()).hexdigest()[:32]}",
            trace_location=TraceLocation.from_experiment_id(run.info.experiment_id),
            request_time=round(1000 * time.time()) - took_ms,
            execution_duration=took_ms,
            state=TraceState.OK,
            request_preview=self._example.question[:1000],
            response_preview=(self._outcome.answer or "")[:1000],
            trace_metadata={
                "mlflow.sourceRun": run.info.run_id,
                "mlflow.modelId": model_id,
                "mlflow.trace.tokenUsage": json.dumps(self._tokens),
                "mlflow.trace_schema.version": "3",
            },
            tags={
                "mlflow.traceName": self._candidate.name,
                "example": self._example.id,
                "score": f"{self._outcome.score}",
                "reason": self._outcome.reason[:500],
            },
        )

    def span(self, info: TraceInfo) -> Span:
        """The call: the prompt, the reply, and what counted as the answer."""
        from mlflow.entities import Span

        start = info.request_time * 1_000_000
        return Span.from_dict(
            {
                "name": self._candidate.name,
                "trace_id": info.trace_id,
                "span_id": info.trace_id[3:19],
                "parent_span_id": None,
                "start_time_unix_nano": start,
                "end_time_unix_nano": start + round(self._done.latency_s * _NS),
                "status": {"code": "STATUS_CODE_OK", "message": ""},
                "attributes": {
                    name: json.dumps(value, ensure_ascii=False)
                    for name, value in self._attributes(info).items()
                },
            }
        )

    def _attributes(self, info: TraceInfo) -> dict[str, Any]:
        return {
            "mlflow.traceRequestId": info.trace_id,
            "mlflow.spanType": "CHAT_MODEL",
            "mlflow.spanInputs": {"messages": self._candidate.prompt(self._example)},
            "mlflow.spanOutputs": {
                "reply": self._done.text,
                "answer": self._outcome.answer,
                "wanted": self._example.answer,
            },
            "mlflow.chat.tokenUsage": self._tokens,
            "mlflow.llm.model": self._done.model,
        }

    @property
    def _tokens(self) -> dict[str, int]:
        done = self._done
        return {
            "input_tokens": done.input_tokens,
            "output_tokens": done.output_tokens,
            "total_tokens": done.input_tokens + done.output_tokens,
            "cache_read_input_tokens": done.cached_tokens,
        }
