"""What scoring costs in the plan of a climb, where scoring has to be paid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from suffice.brief import Brief
from suffice.economics.plan import MeanTokens, Pace, Plan, Planned, Sizes
from suffice.scoring import PAID, parts
from suffice.stages.scoring import judge_of, refuse_unusable, scoring_price

_TEMPLATE_TOKENS = 260
"""What a judge is told besides the rubric, the texts and their fences."""
_VERDICT_TOKENS = 60
_CHARS_PER_TOKEN = 4
_FLOOR_METHODS = 3
_JUDGING_CPU_S, _EMBEDDING_CPU_S = 0.5, 0.005
"""Of one call to the embedded server, on two CPU cores."""


@dataclass(frozen=True, kw_only=True)
class _Work:
    """What scoring one answer takes."""

    model: str
    n_calls: int
    input_tokens: float
    """Of one call, like the two below."""
    output_tokens: float
    cpu_s: float


def with_scoring(
    planned: Plan,
    brief: Brief,
    sizes: Sizes,
    tokens: MeanTokens,
    on: date,
    *,
    pace: Pace | None = None,
) -> Plan:
    """
    The plan with a row for each scorer that asks an endpoint: at most, like the rest.

    Each answer of each rung is scored, those of the floor too.  Raises `BadBrief` for
    a scorer that cannot be used.
    """
    refuse_unusable(brief)
    n_answers, pace = planned.n_calls, pace or Pace()
    if "floor" in brief.rungs:
        n_answers += sizes.test + _FLOOR_METHODS * sizes.dev
    rows = []
    for name in (part.scorer for part in parts(brief.scorer) if part.scorer in PAID):
        work = _judging(brief, tokens) if name == "judge" else _embedding(brief, tokens)
        rows.append(_row(brief, name, work, n_answers=n_answers, on=on, pace=pace))
    return replace(planned, rows=(*planned.rows, *rows))


def _judging(brief: Brief, tokens: MeanTokens) -> _Work:
    judge = judge_of(brief)
    told = len(judge.rubric) / _CHARS_PER_TOKEN + _TEMPLATE_TOKENS
    return _Work(
        model=judge.model,
        n_calls=2 if judge.mode == "pairwise" else 1,
        input_tokens=told + tokens.question + 2 * tokens.answer,
        output_tokens=min(_VERDICT_TOKENS, judge.max_output_tokens),
        cpu_s=_JUDGING_CPU_S,
    )


def _embedding(brief: Brief, tokens: MeanTokens) -> _Work:
    return _Work(
        model=brief.embedder,
        n_calls=1,
        input_tokens=2 * tokens.answer,
        output_tokens=0.0,
        cpu_s=_EMBEDDING_CPU_S,
    )


def _row(
    brief: Brief, name: str, work: _Work, *, n_answers: int, on: date, pace: Pace
) -> Planned:
    n_calls = n_answers * work.n_calls
    price = scoring_price(brief, name, on)
    usd = None
    if price is not None:
        usd = price.usd(
            input_tokens=work.input_tokens * n_calls,
            output_tokens=work.output_tokens * n_calls,
            cpu_s=work.cpu_s * n_calls,
        )
    return Planned(
        rung=name,
        model=work.model,
        n_calls=n_calls,
        input_tokens=work.input_tokens * n_calls,
        output_tokens=work.output_tokens * n_calls,
        usd=usd,
        seconds=n_calls * pace.seconds_per_call / pace.concurrency,
        smallest_provable=None,
    )
