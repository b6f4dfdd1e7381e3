"""
The brief: what the user wants done, and how good is good enough.

It is the one input of every flow.  The text under each field is its help in the
Prefect form, in the API schema and in the reference.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from suffice.brief_secrets import refuse_secrets
from suffice.costs import Costs
from suffice.ladder import (
    Chunks,
    Optimiser,
    RungName,
    refuse_without_documents,
    usual_rungs,
)
from suffice.providing import Hosting, Provider
from suffice.rechecking import Rechecking, Usage
from suffice.scoring import Scoring, parts
from suffice.training import Tuning as Tuning

EMBEDDED_MODEL = "smollm2-135m-instruct"

_FROZEN = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Endpoint(BaseModel):
    """Where models answer: any server that speaks the OpenAI API."""

    model_config = _FROZEN

    base_url: str | None = None
    """Address of the API, such as https://api.openai.com/v1.
    Empty: the embedded model server, started on this machine."""
    provider: Provider | None = None
    """Who stands behind it: openai, azure, nebius, together, fireworks, or vllm with
    the embedded trainer beside it. Empty: told from the address, else openai."""
    account: str | None = None
    """Fireworks: the account's name."""
    hosting: Hosting = Hosting()
    """Where a tuned model is put to be measured, where it does not answer at once."""
    api_key_env: str = "OPENAI_API_KEY"
    """Name of the environment variable that holds the key. Never the key itself."""
    concurrency: int = Field(default=16, ge=1, le=512)
    """How many calls may be in flight at once."""
    timeout_s: float = Field(default=120.0, gt=0)
    """Seconds after which one call counts as lost."""
    measure_ttft: bool = False
    """Stream the answers, to measure the time to their first token too."""
    batch: bool = False
    """Ask the test examples through the Batch API: cheaper, and answered within a
    day. Choosing on dev does not wait."""
    batch_examples: int = Field(default=100, ge=10, le=50_000)
    """Examples in one batch; the measurement stops after the one that settles it."""


class Models(BaseModel):
    """Which models to try, and which of them may be tuned."""

    model_config = _FROZEN

    endpoint: Endpoint = Endpoint()
    """Where the models answer."""
    base: tuple[str, ...] = Field(default=(EMBEDDED_MODEL,), min_length=1)
    """Models to prompt, cheapest first."""
    tunable: str | None = EMBEDDED_MODEL
    """Model to fine-tune. Empty: never fine-tune."""


class Columns(BaseModel):
    """Which columns of a CSV or Parquet file hold what; not used for JSONL."""

    model_config = _FROZEN

    question: str = "question"
    """What the user says."""
    answer: str = "answer"
    """The wanted answer."""
    system: str = "system"
    """The system message, where there is one."""
    messages: str = "messages"
    """A whole chat as JSON; used in place of the three above where it is there."""
    id: str = "id"
    """Name of the row."""
    cluster: str = "cluster"
    """Rows that come from one source share this."""
    references: str = "references"
    """Other answers that are as good."""
    reviewed: str = "reviewed"
    """Whether a person has checked the answer."""
    tags: tuple[str, ...] = ()
    """Columns to keep as tags."""


class Adjustment(BaseModel):
    """A check of the examples whose severity is changed, and why."""

    model_config = _FROZEN

    check: str
    """Short name of the check, such as duplicates, conflicts or personal-data."""
    severity: Literal["critical", "warning", "info"]
    """critical stops the climb; warning and info travel with the report."""
    reason: Annotated[str, Field(min_length=3)]
    """Why; the report repeats it."""


class Judge(BaseModel):
    """A model that says how good an answer is."""

    model_config = _FROZEN

    model: Annotated[str, Field(min_length=1)]
    """Model that judges. Pin a dated version: another one is another judge."""
    endpoint: Endpoint | None = None
    """Where it answers. Empty: where the models do."""
    rubric: Annotated[str, Field(min_length=1)] = (
        "The answer is correct, complete and says nothing that is not asked for."
    )
    """What a good answer is, as you would tell a colleague who grades."""
    mode: Literal["rubric", "pairwise"] = "rubric"
    """Grade each answer by the rubric, or compare it with the wanted answer, asked
    in both orders."""
    grades: int = Field(default=5, ge=2, le=11)
    """How many grades there are, from 0 up, where it grades by the rubric."""
    max_output_tokens: int = Field(default=300, ge=16)
    """Longest verdict, reasoning included, in tokens."""
    human_labels: str | None = None
    """JSONL of answers that people have scored ("example", "answer", "score" from 0
    to 1), a local path or an s3:// URL: the judge is calibrated on them."""


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


class Brief(BaseModel):
    """What we want done, and how good is good enough."""

    model_config = _FROZEN

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,40}$")]
    """Short name of the feature: lower-case letters, digits and dashes."""
    instructions: Annotated[str, Field(min_length=1)]
    """What the model must do, as you would tell a new colleague."""
    examples: str
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
    embedder: str = EMBEDDED_MODEL
    """The model that embeds, at the models' endpoint: for the scorer similarity, and
    for the rungs that retrieve. Elsewhere than at the embedded server those search by
    words alone until it is named."""
    bar: float = Field(default=0.9, gt=0, le=1)
    """Quality at which the climb stops, 0 to 1."""
    margin: float = Field(default=0.03, ge=0, lt=1)
    """How far below the bar a candidate may still be certified."""
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    """Probability that nothing below the bar less the margin is certified."""
    max_latency_s: float | None = Field(default=None, gt=0)
    """Seconds within which 95 of 100 answers must come. Empty: any."""
    models: Models = Models()
    """Which models to try, and where."""
    rungs: tuple[RungName, ...] = Field(default_factory=usual_rungs, min_length=1)
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
    """A climb whose plan may cost more than this waits for a person before it calls
    a model: at the terminal, or suspended in Prefect until it is approved or refused;
    who approves may raise the budget. Empty: budget_usd alone holds, nobody is asked.
    """
    horizon_months: float = Field(default=12.0, gt=0)
    """Months over which an upfront cost must pay for itself."""
    max_output_tokens: int = Field(default=64, ge=1)
    """Longest answer, in tokens."""
    seed: int = 7
    """Seed of every random choice."""
    store: Store | None = None
    """A postgresql:// URL to store answers at, for several machines or people; the
    password comes from PGPASSWORD or the password file. Empty: a file in output."""
    ledger: Store | None = None
    """A postgresql:// URL to keep the ledger of paid jobs at, so that several machines
    pay for each job once; the password as with the store. Empty: a file in output."""
    examples_per_task: int | None = Field(default=None, ge=10)
    """Test examples that one Prefect task asks, where a measurement is spread over
    several: hundreds. Empty: one task asks all."""
    shards: int = Field(default=1, ge=1, le=256)
    """How many such tasks are under way at once; after each round of them the
    measurement stops where it is settled."""
    output: str = ".suffice"
    """Folder for everything this program writes."""

    @field_validator("*", mode="before")
    @classmethod
    def _without_secrets(cls, value: Any) -> Any:
        return refuse_secrets(value)

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
