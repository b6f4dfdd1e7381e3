"""
The brief: what the user wants done, and how good is good enough.

It is the one input of every flow.  The text under each field is its help in the
Prefect form, in the API schema and in the reference.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from suffice.brief_part import BriefPart, EachOnce, Told
from suffice.brief_secrets import refuse_secrets
from suffice.columns import Adjustment as Adjustment
from suffice.columns import Columns as Columns
from suffice.costs import Costs
from suffice.endpoint import EMBEDDED_MODEL as EMBEDDED_MODEL
from suffice.endpoint import Endpoint as Endpoint
from suffice.endpoint import Models as Models
from suffice.judge import Judge as Judge
from suffice.ladder import (
    Chunks,
    Optimiser,
    RungName,
    refuse_without_documents,
    usual_rungs,
)
from suffice.rechecking import Rechecking, Usage
from suffice.scoring import Scoring, parts
from suffice.training import Tuning as Tuning


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise PydanticCustomError("store", "it must begin with postgresql://")
    if parts.password is not None or "password=" in parts.query:
        raise PydanticCustomError(
            "store",
            "a password does not belong into a brief; "
            "put it into PGPASSWORD or the password file",
        )
    return url


Store = Annotated[str, AfterValidator(_without_password)]
Prefix = Annotated[str, Field(pattern=r"^s3://[^/\s]+/\S+$")]


class Brief(BriefPart):
    """What we want done, and how good is good enough."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,40}$")]
    """Short name of the feature: lower-case letters, digits and dashes."""
    instructions: Told
    """What the model must do, as you would tell a new colleague."""
    examples: Told
    """OpenAI chat JSONL, CSV or Parquet: a local path, a pattern or an s3:// URL."""
    test_examples: str | None = None
    """Held-out examples in the same format. Empty: split off from the examples."""
    columns: Columns = Columns()
    """What the columns are called, where the examples are CSV or Parquet."""
    severities: tuple[Adjustment, ...] = ()
    """Checks of the examples that weigh more, or less, for this task."""
    documents: str | None = None
    """Documents to retrieve from, for rag: JSONL ("id", "title", "text"), Markdown or
    text; a file, a folder, a pattern or an s3:// URL."""
    chunks: Chunks = Chunks()
    """How the documents are cut."""
    answer_schema: str | dict[str, Any] | None = None
    """JSON schema of the answers, for structured-output: itself, or a file of it.
    Empty: inferred from the training examples."""
    scorer: Scoring = "exact"
    """How an answer is compared with the wanted one: one of the names, ``numeric 1%``,
    ``regex PATTERN``, or a function of an installed package as ``module:function``.
    Or a list of several: the quality is the mean of their scores by their weights."""
    judge: Judge | None = Field(default=None, validate_default=True)
    """The model that judges, for the scorer judge."""
    embedder: Told = EMBEDDED_MODEL
    """The model that embeds, at the models' endpoint: for the scorer similarity, and
    for the rungs that retrieve. Elsewhere than at the embedded server those search by
    words alone until it is named."""
    bar: float = Field(default=0.9, gt=0, le=1)
    """Quality at which the climb stops, 0 to 1."""
    margin: float = Field(default=0.03, ge=0, lt=1, validate_default=True)
    """How far below the bar a candidate may still be certified; less than the bar."""
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    """Probability that nothing below the bar less the margin is certified."""
    max_latency_s: float | None = Field(default=None, gt=0)
    """Seconds within which 95 of 100 answers must come. Empty: any."""
    models: Models = Models()
    """Which models to try, and where."""
    rungs: Annotated[tuple[RungName, ...], EachOnce] = Field(
        default_factory=usual_rungs, min_length=1
    )
    """Rungs to try, cheapest to own first. Empty: all prompting rungs that apply (rag
    with documents, structured-output where answers are JSON), then fine-tuned."""
    optimiser: Optimiser | None = None
    """Who proposes instructions for optimised-prompt. Empty: techniques alone."""
    tuning: Tuning = Tuning()
    """How to fine-tune."""
    usage: Usage = Usage()
    """How much the feature is used."""
    recheck: Rechecking = Rechecking()
    """When to look again at the verdict, and what that may do by itself."""
    costs: Costs = Costs()
    """What owning a candidate costs beside its calls."""
    prices: str | None = None
    """A TOML file of your own price rows; they win over the built-in price book."""
    price_rows: tuple[dict[str, Any], ...] = ()
    """Price rows right here, with the keys of such a file; they win over both."""
    cpu_usd_per_hour: float = Field(default=0.05, ge=0)
    """What an hour of one of your CPU cores costs: the price of the embedded model."""
    budget_usd: float = Field(default=5.0, ge=0)
    """Most that one climb may spend."""
    auto_approve_usd: float | None = Field(default=None, ge=0)
    """A climb, or a training alone, whose plan may cost more than this waits for a
    person before it spends: at the terminal, or suspended in Prefect until it is
    approved or refused; who approves may raise the budget. Empty: budget_usd alone
    holds, nobody is asked."""
    horizon_months: float = Field(default=12.0, gt=0)
    """Months over which an upfront cost must pay for itself."""
    max_output_tokens: int = Field(default=64, ge=1, le=1_000_000)
    """Longest answer, in tokens."""
    seed: int = Field(default=7, ge=0, lt=2**31)
    """Seed of every random choice."""
    store: Store | None = None
    """A postgresql:// URL to store answers at, for several machines or people; the
    password comes from PGPASSWORD or the password file. Empty: a file in output."""
    ledger: Store | None = None
    """A postgresql:// URL to keep the ledger of paid jobs at, so that several machines
    pay for each job once; the password as with the store. Empty: a file in output."""
    claims: Prefix | None = None
    """An s3:// URL under which machines that share no ledger agree on who submits a
    job. Empty: SUFFICE_CLAIMS; empty too: the ledger alone decides."""
    examples_per_task: int | None = Field(default=None, ge=10)
    """Test examples that one Prefect task asks, where a measurement is spread over
    several: hundreds. Empty: one task asks all."""
    shards: int = Field(default=1, ge=1, le=256)
    """How many such tasks are under way at once; after each round of them the
    measurement stops where it is settled."""
    output: Told = ".suffice"
    """Folder for everything this program writes."""

    @field_validator("*", mode="before")
    @classmethod
    def _without_secrets(cls, value: Any) -> Any:
        return refuse_secrets(value)

    @field_validator("margin")
    @classmethod
    def _above_nothing(cls, margin: float, info: ValidationInfo) -> float:
        if margin >= info.data.get("bar", 1.0):
            raise PydanticCustomError(
                "margin",
                "the bar is {bar}, and whatever answers at all would pass; "
                "it must be smaller than the bar",
                {"bar": info.data["bar"]},
            )
        return margin

    @field_validator("rungs")
    @classmethod
    def _with_what_they_need(
        cls, rungs: tuple[RungName, ...], info: ValidationInfo
    ) -> tuple[RungName, ...]:
        return refuse_without_documents(rungs, info.data)

    @field_validator("judge")
    @classmethod
    def _judged_by_somebody(
        cls, judge: Judge | None, info: ValidationInfo
    ) -> Judge | None:
        asked = any(
            p.scorer == "judge" for p in parts(info.data.get("scorer", "exact"))
        )
        if asked and judge is None:
            raise PydanticCustomError(
                "judge",
                "the scorer judge needs a model and a rubric; add "
                "'judge: {model: ..., rubric: ...}'",
            )
        return judge
