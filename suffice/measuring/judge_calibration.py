"""
A judge beside people: answers that people have scored, judged once more.

People's scores come from a JSONL file, one answer a line::

    {"question": "...", "answer": "...", "score": 1, "wanted": "..."}

``score`` is from 0 to 1; ``wanted`` is the answer that was wanted, where there is one.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from suffice.data.lines import open_lines
from suffice.errors import BadExamples
from suffice.examples import Example
from suffice.measuring.in_order import in_order
from suffice.measuring.paid import PaidScore, PaidScorer
from suffice.statistics.agreement import POOR, Agreement, Corrected, agreement
from suffice.statistics.agreement import corrected_rate as corrected_of

_FEWEST = 20
"""Labels under which agreement is not much more than an impression."""


@dataclass(frozen=True, kw_only=True)
class HumanLabel:
    """One answer that a person has scored."""

    example: Example
    answer: str
    score: float


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What a judge made of the answers that people have scored."""

    judge_id: str
    judge_scores: tuple[float, ...]
    human_scores: tuple[float, ...]
    n_missing: int
    """Answers the judge gave no verdict on."""
    spent_usd: float = 0.0
    labels: str = ""
    """Digest of the labels it rests on."""

    @property
    def agreement(self) -> Agreement | None:
        """``None`` when the judge gave no verdict at all."""
        if not self.judge_scores:
            return None
        return agreement(self.judge_scores, self.human_scores)

    def corrected(self, scores: Sequence[float]) -> Corrected | None:
        """The mean of *scores*, all by this judge, with its errors taken out."""
        if not self.judge_scores:
            return None
        return corrected_of(scores, self.judge_scores, self.human_scores)

    def warnings(self) -> tuple[str, ...]:
        """What a reader of the verdict must know of the judge."""
        found = self.agreement
        if found is None:
            return (f"The judge gave no verdict on any of {self.n_missing} labels.",)
        told = []
        if found.kappa < POOR:
            told.append(
                f"The judge agrees poorly with people: kappa {found.kappa:.2f} on "
                f"{found.n} labels (under {POOR}); correct the rubric or take another "
                "judge before you trust the ladder."
            )
        if found.n < _FEWEST:
            told.append(
                f"The judge was compared with people on {found.n} answers only; "
                f"label {_FEWEST} or more."
            )
        return tuple(told)


def read_labels(source: str) -> tuple[HumanLabel, ...]:
    """
    The labels in *source*, a path or an s3:// URL.

    Raises `BadExamples`, naming file and line, for what is no label.
    """
    labels = []
    for line in open_lines(source):
        if not line.data.strip():
            continue
        try:
            row = msgspec.json.decode(line.data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadExamples(f"{line.where}: this is not JSON: {error}.") from error
        labels.append(_label(row, line.where))
    if not labels:
        raise BadExamples(
            f"{source}: there is no label in it; add some, or leave it out"
        )
    return tuple(labels)


def calibrate(
    labels: Sequence[HumanLabel], judge: PaidScorer, *, concurrency: int = 16
) -> Calibration:
    """
    Ask *judge* about every labelled answer; stored verdicts are free.

    For a thread without a running event loop.
    """
    paid = asyncio.run(_judged(labels, judge, concurrency))
    pairs = [
        (verdict.score.value, label.score)
        for verdict, label in zip(paid, labels, strict=True)
        if verdict.score is not None
    ]
    return Calibration(
        judge_id=judge.id,
        judge_scores=tuple(ours for ours, _ in pairs),
        human_scores=tuple(theirs for _, theirs in pairs),
        n_missing=len(labels) - len(pairs),
        spent_usd=sum(verdict.spent_usd for verdict in paid),
    )


async def _judged(
    labels: Sequence[HumanLabel], judge: PaidScorer, concurrency: int
) -> list[PaidScore]:
    async with judge:
        answers = in_order(
            lambda label: judge.score(label.answer, label.example),
            labels,
            ahead=concurrency,
        )
        return [paid async for paid in answers]


def _label(row: Any, where: str) -> HumanLabel:
    if not isinstance(row, dict):
        raise BadExamples(f"{where}: a label is an object, not {str(row)[:40]!r}.")
    for key in ("question", "answer"):
        if not isinstance(row.get(key), str):
            raise BadExamples(f"{where}: {key!r} is {row.get(key)!r}; give a text.")
    score = row.get("score")
    if isinstance(score, bool):
        score = int(score)
    if not isinstance(score, int | float) or not 0 <= score <= 1 or math.isnan(score):
        raise BadExamples(f"{where}: 'score' is {score!r}; give 0 to 1.")
    example = Example(
        id=where,
        messages=({"role": "user", "content": row["question"]},),
        answer=str(row.get("wanted") or ""),
        where=where,
    )
    return HumanLabel(example=example, answer=row["answer"], score=float(score))
