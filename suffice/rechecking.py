"""
The parts of a brief that say how much the feature is used and when to look again.

Text under each field is its help in the Prefect form, like in `suffice.brief`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from suffice.brief_part import BriefPart

UsageKind = Literal["log", "daily", "mlflow", "openai", "prometheus"]
SOURCES: tuple[UsageKind, ...] = ("log", "daily", "mlflow", "openai", "prometheus")

_Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.]*$")]


class LogColumns(BriefPart):
    """What a usage log calls its columns; a dot leads into an object of JSON."""

    at: _Name = "at"
    """Time of the request: ISO 8601 (UTC without a zone), or seconds since 1970."""
    input_tokens: _Name = "input_tokens"
    """Prompt tokens. OpenAI's own responses have usage.prompt_tokens."""
    output_tokens: _Name = "output_tokens"
    """Answer tokens. OpenAI's own responses have usage.completion_tokens."""
    cached_tokens: _Name | None = None
    """Prompt tokens read from the cache, such as
    usage.prompt_tokens_details.cached_tokens. Empty: not looked at."""
    model: _Name = "model"
    """Model that answered; looked at only when usage.model is set."""


class MlflowUsage(BriefPart):
    """Usage from the traces of an MLflow experiment, added up by its server."""

    experiment: str
    """Name of the experiment that the feature traces into."""
    tracking_uri: str | None = None
    """Where it is. Empty: MLFLOW_TRACKING_URI."""


class OpenAIUsage(BriefPart):
    """Usage from OpenAI's organisation usage API."""

    base_url: str = "https://api.openai.com/v1"
    """Address of the API."""
    admin_key_env: str = "OPENAI_ADMIN_KEY"
    """Environment variable that holds an admin key. Never the key itself."""
    project_ids: tuple[str, ...] = ()
    """Only these projects. Empty: all."""


class PrometheusUsage(BriefPart):
    """Usage from counters in Prometheus, or in anything that speaks its HTTP API."""

    url: str
    """Address of the server, such as http://prometheus:9090."""
    requests: str
    """Query of the number of requests in a day, such as
    sum(increase(llm_requests_total[1d]))."""
    input_tokens: str
    """The same for prompt tokens."""
    output_tokens: str
    """The same for answer tokens."""
    token_env: str | None = None
    """Environment variable that holds a bearer token. Empty: none is sent."""


class Usage(BriefPart):
    """How much the feature is used."""

    requests_per_month: float = Field(default=10_000, gt=0)
    """Requests a month, when nothing below says otherwise."""
    log: str | None = None
    """A usage log, one request a line or row: JSONL, CSV or Parquet; a local path, a
    pattern or an s3:// URL. Files that were read and have not changed are not read
    again. Empty: requests_per_month holds."""
    columns: LogColumns = LogColumns()
    """What the log calls its columns."""
    model: str | None = None
    """Only requests answered by this model. Empty: all."""
    mlflow: MlflowUsage | None = None
    """MLflow traces, in place of a log."""
    openai: OpenAIUsage | None = None
    """OpenAI's organisation usage API, in place of a log."""
    prometheus: PrometheusUsage | None = None
    """Prometheus, in place of a log."""
    daily: str | None = None
    """Daily sums as CSV, as suffice/usage/usage.sql gives them on an engine of your
    own (Spark, Athena), in place of a log: a path, a pattern or an s3:// URL."""
    days: int = Field(default=30, ge=1, le=366)
    """Days at the end of the log that the rate is taken from."""

    @model_validator(mode="after")
    def _one_source(self) -> Usage:
        given = [name for name in SOURCES if getattr(self, name) is not None]
        if len(given) > 1:
            raise PydanticCustomError(
                "usage",
                "usage has several sources ({given}); keep one",
                {"given": ", ".join(given)},
            )
        return self

    @property
    def kind(self) -> UsageKind | None:
        """Where usage is read; ``None``: the brief's number holds."""
        given = (name for name in SOURCES if getattr(self, name) is not None)
        return next(given, None)


class Rechecking(BriefPart):
    """When to look again at a verdict, and what that may do by itself."""

    fresh: str | None = None
    """Fresh questions as chat JSONL, with or without answers: a local path, a pattern
    or an s3:// URL. Empty: nobody looks whether questions or quality have drifted."""
    fresh_answers: int = Field(default=200, ge=0, le=5000)
    """Most fresh examples with an answer that one re-check asks the champion."""
    budget_usd: float = Field(default=0.5, ge=0)
    """Most that one re-check may spend on model calls, and on the climb it starts."""
    start_climb: bool = False
    """Start that climb without asking. Off: it is prepared and waits for approval."""
    min_gain: float = Field(default=0.1, ge=0, lt=1)
    """Share of the cost that a change must save; below it the choice stands."""
    notice_days: int = Field(default=60, ge=0)
    """Days before a model is switched off at which its successor is looked for."""
