"""What was observed: answers, measurements, verdicts. Values only, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from suffice.forgetting import Forgetting
from suffice.outlook import Band as Band
from suffice.outlook import CurvePoint as CurvePoint
from suffice.outlook import FlipPoint as FlipPoint
from suffice.outlook import Likelihood as Likelihood
from suffice.outlook import NextStep as NextStep
from suffice.outlook import PaybackTime as PaybackTime

Ruling = Literal["passed", "failed", "inconclusive"]
Motive = Literal[
    "quality", "cost", "latency", "format", "specialised-task", "context", "none"
]
"""Why not an earlier rung: each is measured, see ``suffice.economics.motives``."""


@dataclass(frozen=True, kw_only=True)
class Completion:
    """What a model answered to one request, and what that took."""

    text: str
    model: str
    """Model that answered, as the endpoint names it."""
    finish_reason: str
    input_tokens: int
    """Prompt tokens, the cached ones among them."""
    cached_tokens: int = 0
    output_tokens: int = 0
    """Answer tokens, reasoning included."""
    latency_s: float
    cpu_s: float | None = None
    """CPU-seconds the embedded server spent on it; ``None`` elsewhere."""
    side_usd: float = 0.0
    """What else it took at list prices, such as embedding its question."""
    usd: float | None = None
    """Paid for it when it was asked for; ``None``: the price was unknown."""
    ttft_s: float | None = None
    """Seconds to the first token; ``None`` where that was not measured."""
    reused: bool = False
    """Whether it came from the response store, so that nothing is paid now."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One candidate on one example."""

    example_id: str
    answer: str | None
    """What was scored; ``None`` when the call stayed unanswered."""
    score: float | None
    """0 to 1; ``None`` is *missing*, never wrong."""
    reason: str = ""
    """Why it is not 1, or why it is missing."""
    completion: Completion | None = None
    retrieval_hit: bool | None = None
    """Whether what was retrieved held the wanted answer; ``None``: not known."""
    scoring_usd: float | None = None
    """What scoring it costs at list prices; ``None`` when that is free or unknown."""


@dataclass(frozen=True, kw_only=True)
class Slice:
    """How one candidate did on the examples that share a tag."""

    tag: str
    """Name of the tag, such as ``language``; ``answer`` is the wanted answer."""
    value: str
    n: int
    """Examples of it that were scored."""
    quality: float
    """Their mean score, 0 to 1."""
    quality_low: float
    quality_high: float
    """Ends of an interval that holds for all slices at once, at 95 %, at whatever
    moment the measuring stopped."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One candidate, as it did on examples it had never seen."""

    rung: str
    name: str
    model: str
    candidate_key: str
    ruling: Ruling
    n: int
    """Examples scored."""
    n_available: int
    """Examples in the frozen test order."""
    n_missing: int = 0
    """Calls that stayed unanswered."""
    n_more: int | None = None
    """Further examples needed for a ruling, when inconclusive; ``None`` if unknown."""
    quality: float
    """Mean score, 0 to 1."""
    quality_low: float
    quality_high: float
    """Ends of the interval, valid at whatever moment the measuring stopped."""
    usd_per_request: float | None
    """At list prices, nothing cached between requests; ``None``: a price is unknown."""
    input_tokens: float = 0.0
    """Mean per request, like the two below."""
    cached_tokens: float = 0.0
    output_tokens: float = 0.0
    static_tokens: float = 0.0
    """Part of the prompt that is the same in every request, in tokens."""
    cpu_s: float | None = None
    """Mean CPU-seconds per request, on the embedded server."""
    latency_p50_s: float | None = None
    latency_p95_s: float | None = None
    latency_p99_s: float | None = None
    ttft_p50_s: float | None = None
    """Median time to the first token, where the endpoint was asked to stream."""
    n_malformed: int = 0
    """Answers that were not in the wanted form, such as no label or no JSON."""
    n_too_long: int = 0
    """Calls refused because the prompt was longer than the model takes."""
    n_train: int | None = None
    """Examples a tuned model was trained on."""
    upfront_usd: float | None = 0.0
    """Paid once before the first request: training, data preparation."""
    spent_usd: float = 0.0
    """Spent on measuring it; stored answers cost nothing."""
    n_calls: int = 0
    n_reused: int = 0
    dev_quality: float | None = None
    """Mean score on dev when it was chosen; ``None`` when there was no choice."""
    dev_n: int = 0
    """Dev examples behind it."""
    retrieval_hit: float | None = None
    """Share of the questions for which what was retrieved held the wanted answer."""
    note: str = ""
    """One thing a reader should know, such as how far the draws were apart."""
    slices: tuple[Slice, ...] = ()
    """The worst of them, worst first; those of fewer than 5 examples are left out."""
    forgetting: Forgetting | None = None
    """What tuning took away, where it was asked for; see `suffice.forgetting`."""
    judge_usd_per_example: float | None = None
    """What scoring one answer costs at list prices, where scoring costs calls."""
    judge_id: str = ""
    """What pins such a scorer: its model and the digest of what it is told."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What to run, why, and what would change it."""

    name: str
    """The brief's name."""
    climb_id: str
    action: Literal["run", "nothing-suffices", "need-more-examples"]
    chosen: str | None
    """Key of the candidate to run."""
    rung: str | None
    model: str | None
    motive: Motive
    text: str
    """The verdict in two or three sentences."""
    reasons: tuple[str, ...]
    flip_points: tuple[FlipPoint, ...]
    ladder: tuple[Measured, ...]
    bar: float
    margin: float
    confidence: float
    requests_per_month: float
    horizon_months: float
    decided_on: date
    data_fingerprint: str
    prices_on: date
    """Day whose prices were used."""
    shutdown_on: date | None = None
    """Day the chosen model's base is switched off, where that is known."""
    spent_usd: float = 0.0
    elapsed_s: float = 0.0
    warnings: tuple[str, ...] = field(default=())
    registered: str | None = None
    """Name and version in the model registry, such as ``support/3``."""
    non_inferior: tuple[str, ...] = ()
    """Keys of tuned candidates shown to be no worse than a prompt that passed."""
    measured_bar: float | None = None
    """Bar the rulings were made at, where it is not ``bar``."""
    indicators: tuple[str, ...] = ()
    """What was measured that speaks for the choice beside cost: one sentence each."""
    given_up: str = ""
    """What the best other candidate would have given, in one sentence."""
    outlook: tuple[Likelihood, ...] = ()
    """Of the candidates whose price is known."""
    payback: PaybackTime | None = None
    """Of the tuned candidate against the best prompt, where both were measured."""
    next_steps: tuple[NextStep, ...] = ()
    """What more information would be worth, the best first."""
    cached_shares: dict[str, float] = field(default_factory=dict)
    """Share of the static prompt read from cache, by model, where it was known."""
    shutdowns_told: dict[str, date] = field(default_factory=dict)
    """Shutdown days by model, as the endpoint itself told them."""
    learning_curve: tuple[CurvePoint, ...] = ()
    """Models tuned on growing parts of the examples, the last on all; none of them
    but the last could be chosen."""
    schema: int = 1
