"""
A judge: a model that says how good an answer is, and that the answer cannot talk to.

By a rubric, with a fixed number of grades; or against the wanted answer, asked in
both orders, because judges prefer what stands first.  A reply that is not exactly one
verdict is a missing score.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Self

from suffice.brief import Judge
from suffice.errors import BadBrief, CallFailed, SpendingStopped
from suffice.examples import Example
from suffice.measuring.calls import Calls, Desk, sitting
from suffice.measuring.judge_prompts import (
    CHOICES,
    EQUAL,
    FIRST,
    SECOND,
    TEMPLATES,
    Case,
    comparing,
    grading,
)
from suffice.measuring.matching import Score
from suffice.measuring.paid import PaidScore, PaidScorer
from suffice.measuring.verdicts import NoVerdict, read_choice, read_grade
from suffice.results import Completion

_FIRST_LOOK, _LAST_LOOK = 10, 3
"""Calls after which a judge is given up that has ruled on no answer: on the way, and
where no more is asked, as when too many are missing."""
_SHOWN = 160
"""Characters of what such a judge said."""
_Verdict = tuple[Score | str, Completion | None]
"""A score, or why there is none; and what the judge replied, if it did."""


class JudgeScorer(PaidScorer):
    """Scores by asking the brief's judge."""

    def __init__(self, judge: Judge, desk: Desk) -> None:
        """*desk* is where the judge answers, and on whose account."""
        self._judge = judge
        self._desk = desk
        self._calls: Calls | None = None
        self._open = AsyncExitStack()
        self._names: set[str] = set()
        self._n_ruled = self._n_unruled = 0
        self._last_said: Completion | None = None

    @property
    def id(self) -> str:
        """The model, the names it answered by, and a digest of what it is told."""
        j = self._judge
        told = [j.model, j.mode, j.grades, j.rubric, *TEMPLATES]
        digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]
        others = sorted(self._names - {j.model, ""})
        answered = f" ({', '.join(others)})" if others else ""
        return f"{j.model}{answered}, {j.mode} {digest}"

    async def __aenter__(self) -> Self:
        """Open the judge's connections."""
        self._open = AsyncExitStack()
        self._calls = await self._open.enter_async_context(sitting(self._desk))
        return self

    async def __aexit__(self, *how: object) -> None:
        """
        Close them; what was answered is stored.

        Raises `EndpointDown` where nothing was, and `BadBrief` where nothing was ruled
        on: then nothing is known of the answers either.
        """
        calls, self._calls = self._calls, None
        await self._open.aclose()
        if calls is not None and how[0] is None:
            calls.refuse_silence(self._told)
            self._refuse_talk(_LAST_LOOK)

    async def score(self, answer: str, example: Example) -> PaidScore:
        """
        By the rubric, or against the wanted answer in both orders.

        Raises, once that is clear, `EndpointDown` where the judge answers nothing and
        `BadBrief` where it never gives a verdict.
        """
        if self._judge.mode == "rubric":
            return self._paid([await self._grade(answer, example)])
        if answer.split() == example.answer.split():
            return PaidScore(score=Score(1.0))
        orders = ((answer, example.answer), (example.answer, answer))
        verdicts = await asyncio.gather(
            self._compare(*orders[0], example, ours=FIRST),
            self._compare(*orders[1], example, ours=SECOND),
        )
        return self._paid(verdicts)

    async def _grade(self, answer: str, example: Example) -> _Verdict:
        case, top = grading(self._judge, answer, example), self._judge.grades - 1
        completion = await self._ask(case)
        if isinstance(completion, str):
            return completion, None
        try:
            grade, reason = read_grade(
                completion.text, case=case.code, grades=self._judge.grades
            )
        except NoVerdict as error:
            return self._unruled(error, completion), completion
        self._n_ruled += 1
        if grade == top:
            return Score(1.0), completion
        return Score(grade / top, f"graded {grade} of {top}: {reason}"), completion

    async def _compare(
        self, first: str, second: str, example: Example, *, ours: str
    ) -> _Verdict:
        """1 where ours is as good as the wanted answer or better, else 0."""
        case = comparing(self._judge, first, second, example)
        completion = await self._ask(case)
        if isinstance(completion, str):
            return completion, None
        try:
            choice, reason = read_choice(
                completion.text, case=case.code, choices=CHOICES
            )
        except NoVerdict as error:
            return self._unruled(error, completion), completion
        self._n_ruled += 1
        if choice in (ours, EQUAL):
            return Score(1.0), completion
        told = f"worse than the wanted answer when shown {ours}: {reason}"
        return Score(0.0, told), completion

    async def _ask(self, case: Case) -> Completion | str:
        """The judge's reply, or why there is none."""
        if self._calls is None:
            raise RuntimeError("a judge is asked inside 'async with' only")
        try:
            completion = await self._calls.completion(case.request)
        except SpendingStopped:
            raise
        except CallFailed as error:
            self._calls.refuse_silence(self._told, after=_FIRST_LOOK)
            return f"the judge did not answer: {error}"
        self._names.add(completion.model)
        return completion

    def _unruled(self, error: NoVerdict, completion: Completion) -> str:
        """Why there is no score."""
        self._n_unruled += 1
        self._last_said = completion
        self._refuse_talk(_FIRST_LOOK)
        return f"the judge gave no verdict: {error}"

    def _refuse_talk(self, after: int) -> None:
        """Raise `BadBrief` where so many replies held no verdict, and none held one."""
        last = self._last_said
        if last is None or self._n_ruled or self._n_unruled < after:
            return
        remedy = "name another model"
        if last.finish_reason == "length":
            remedy = "raise max_output_tokens"
        raise BadBrief(
            f"The brief's judge {self._judge.model!r} has replied {self._n_unruled} "
            f"times and given no verdict; last it said {last.text[:_SHOWN]!r}: "
            f"{remedy} in judge and run again, for what was answered is stored."
        )

    @property
    def _told(self) -> str:
        return f"the judge {self._judge.model!r}"

    def _paid(self, verdicts: Sequence[_Verdict]) -> PaidScore:
        """The mean of the verdicts; missing when one of them is."""
        replies = [completion for _, completion in verdicts if completion]
        scores = [score for score, _ in verdicts if isinstance(score, Score)]
        lost = [why for why, _ in verdicts if isinstance(why, str)]
        known = [_list_usd(completion, self._desk) for completion in replies]
        return PaidScore(
            score=None if lost else _mean(scores),
            reason="; ".join(lost),
            usd=None if None in known else sum(usd or 0.0 for usd in known),
            spent_usd=sum(self._desk.usd(completion) or 0.0 for completion in replies),
        )


def _mean(scores: list[Score]) -> Score:
    value = sum(score.value for score in scores) / len(scores)
    reasons = dict.fromkeys(score.reason for score in scores if score.reason)
    return Score(value, "; ".join(reasons))


def _list_usd(completion: Completion, desk: Desk) -> float | None:
    """At list prices, nothing cached: what judging costs whoever starts afresh."""
    if desk.price is None:
        return None
    return desk.price.usd(
        input_tokens=completion.input_tokens,
        output_tokens=completion.output_tokens,
        cpu_s=completion.cpu_s,
    )
