"""
New instructions proposed by a model that reads what went wrong: the search is gepa's.

Every answer and every proposal goes through the same store and budget as all calls.
What is proposed is only proposed: the choice on dev decides, and keeps its start.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from suffice.candidates import Candidate
from suffice.errors import CallFailed, OverBudget
from suffice.examples import Example
from suffice.journal import Journal
from suffice.ladder import Optimiser
from suffice.measuring.asking import ask_all
from suffice.measuring.calls import Desk, sitting
from suffice.results import Outcome

_PART = "instructions"
_LEARNED_FROM = 40
"""Training examples whose failures the proposer may read."""
_JUDGED_ON = 24
"""Dev examples that every accepted proposal is tried on."""
_LONGEST_PROPOSAL = 2048
_MOST_PROPOSED = 2
_MINIBATCH = 3


def propose(
    start: Candidate,
    train: Sequence[Example],
    dev: Sequence[Example],
    *,
    optimiser: Optimiser,
    desk: Desk,
    proposers_desk: Desk,
    seed: int,
    journal: Journal,
) -> tuple[str, ...]:
    """
    Instructions better than those of *start* on dev, best first; none found, none.

    For a thread without a running event loop.  What the budget does not bear is not
    asked: the search then ends with what it has.
    """
    if not train or not dev:
        return ()
    rng = random.Random(seed)
    settings = {
        "seed_candidate": {_PART: _instructions(start)},
        "trainset": rng.sample(list(train), min(_LEARNED_FROM, len(train))),
        "valset": list(dev[:_JUDGED_ON]),
        "adapter": _Search(start=start, desk=desk),
        "reflection_lm": _Proposer(desk=proposers_desk, model=optimiser.proposer),
        "max_metric_calls": optimiser.max_metric_calls,
        "seed": seed,
    }
    try:
        texts = _better(settings)
    except (OverBudget, CallFailed) as error:
        journal.write("done", rung="", text=f"the search for prompts ended: {error}")
        return ()
    told = f"{optimiser.proposer} found {len(texts)} prompts that are better on dev"
    journal.write("done", rung="", text=told)
    return texts


def _better(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """What gepa finds better than the start, best first."""
    from gepa.api import optimize

    # gepa's types are generic over values that it never looks at.
    result: Any = optimize(
        **settings, reflection_minibatch_size=_MINIBATCH, logger=_Told()
    )
    return _best_first(result.candidates, result.val_aggregate_scores)


def _best_first(
    candidates: Sequence[Mapping[str, str]], scores: Sequence[float]
) -> tuple[str, ...]:
    """Those that did better than the first, which is the start."""
    ranked = sorted(range(1, len(candidates)), key=lambda i: (-scores[i], i))
    better = [candidates[i][_PART] for i in ranked if scores[i] > scores[0]]
    return tuple(dict.fromkeys(better))[:_MOST_PROPOSED]


def _instructions(candidate: Candidate) -> str:
    return candidate.system or candidate.preamble or ""


@dataclass(frozen=True, kw_only=True)
class _Search:
    """What gepa asks of us: answers scored, and failures told."""

    start: Candidate
    desk: Desk
    propose_new_texts: None = None
    """``None``: gepa's own wording of the question to the proposer."""

    def evaluate(
        self,
        batch: list[Example],
        candidate: dict[str, str],
        capture_traces: bool = False,
    ) -> Any:
        """Every example of the batch, asked with these instructions."""
        from gepa.core.adapter import EvaluationBatch

        asked = ask_all(self._said(candidate[_PART]), batch, self.desk)
        if len(asked.outcomes) < len(batch):
            raise OverBudget("the budget bears no further answers")
        outcomes = list(asked.outcomes)
        return EvaluationBatch(
            outputs=[o.answer for o in outcomes],
            scores=[o.score or 0.0 for o in outcomes],
            trajectories=list(zip(batch, outcomes, strict=True)),
        )

    def make_reflective_dataset(
        self,
        candidate: dict[str, str],
        eval_batch: Any,
        components_to_update: list[str],
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """What was asked, what came, and what was wrong with it."""
        rows = [_feedback(e, o) for e, o in eval_batch.trajectories]
        return dict.fromkeys(components_to_update, rows)

    def _said(self, text: str) -> Candidate:
        if self.start.system is None and self.start.preamble is not None:
            return replace(self.start, preamble=text)
        return replace(self.start, system=text)


def _feedback(example: Example, outcome: Outcome) -> dict[str, Any]:
    right = outcome.score is not None and outcome.score >= 1
    wrong = f"Wrong: {outcome.reason}. The right answer is: {example.answer}"
    return {
        "Inputs": {"question": example.question},
        "Generated Outputs": outcome.answer or "",
        "Feedback": "Right." if right else wrong,
    }


@dataclass(frozen=True, kw_only=True)
class _Proposer:
    """The proposing model, as gepa calls it."""

    desk: Desk
    model: str

    def __call__(self, prompt: str | list[dict[str, Any]]) -> str:
        """Its answer; stored, so that the same search again costs nothing."""
        messages = (
            [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
        )
        request = {
            "model": self.model,
            "messages": messages,
            "temperature": 0,
            "max_tokens": _LONGEST_PROPOSAL,
        }
        return asyncio.run(self._ask(request))

    async def _ask(self, request: Mapping[str, Any]) -> str:
        async with sitting(self.desk) as calls:
            return (await calls.completion(request)).text


class _Told:
    """Takes what gepa would print; the journal tells how it ended."""

    def log(self, message: str) -> None:
        """Keep quiet."""
