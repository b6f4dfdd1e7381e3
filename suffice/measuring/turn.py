"""
One question put to a candidate, from what it is shown to the answer that counts.

The same while measuring and in production: what differs is only who completes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from suffice.candidates import NOTHING_FOUND, Candidate, Retrieval
from suffice.errors import EnvironmentFailed
from suffice.examples import Example
from suffice.measuring.answers import extract
from suffice.measuring.schemas import complaint
from suffice.results import Completion
from suffice.retrieval.finding import Retrieved

Complete = Callable[[Mapping[str, Any]], Awaitable[Completion]]


class Finds(Protocol):
    """Anything that retrieves for a candidate."""

    async def find(self, retrieval: Retrieval, example: Example) -> Retrieved:
        """What *retrieval* shows with the question of *example*."""
        ...


@dataclass(frozen=True, kw_only=True)
class Turn:
    """The answer, and all that it took."""

    answer: str
    completion: Completion
    """Of all its calls together: their tokens, their time."""
    retrieval_hit: bool | None = None
    finding_usd: float = 0.0
    """Spent now on finding what was shown."""


async def take_turn(
    candidate: Candidate, example: Example, complete: Complete, finds: Finds | None
) -> Turn:
    """
    What *candidate* answers to *example*, repaired once where its schema is broken.

    Raises `CallFailed` when a call stays unanswered.
    """
    retrieved = await _retrieved(candidate, example, finds)
    shown = retrieved.found if retrieved else NOTHING_FOUND
    request = candidate.request(example, shown)
    completion = await complete(request)
    wrong = complaint(completion.text, candidate)
    for _ in range(candidate.repairs):
        if wrong is None:
            break
        again = candidate.repair(request, completion.text, wrong)
        completion = together(completion, await complete(again))
        wrong = complaint(completion.text, candidate)
    answer = extract(completion.text, candidate.answer_rule)
    if retrieved is None:
        return Turn(answer=answer, completion=completion)
    completion = replace(
        completion,
        latency_s=completion.latency_s + retrieved.latency_s,
        side_usd=completion.side_usd + (retrieved.usd or 0.0),
    )
    return Turn(
        answer=answer,
        completion=completion,
        retrieval_hit=retrieved.hit,
        finding_usd=retrieved.spent_usd,
    )


def together(first: Completion, last: Completion) -> Completion:
    """Two calls for one answer: the last one's text, and what both took."""
    cpu = [c.cpu_s for c in (first, last) if c.cpu_s is not None]
    usd = [c.usd for c in (first, last)]
    return replace(
        last,
        input_tokens=first.input_tokens + last.input_tokens,
        cached_tokens=first.cached_tokens + last.cached_tokens,
        output_tokens=first.output_tokens + last.output_tokens,
        latency_s=first.latency_s + last.latency_s,
        cpu_s=sum(cpu) if cpu else None,
        usd=None if None in usd else sum(u or 0.0 for u in usd),
        ttft_s=None if last.ttft_s is None else first.latency_s + last.ttft_s,
        reused=first.reused and last.reused,
    )


async def _retrieved(
    candidate: Candidate, example: Example, finds: Finds | None
) -> Retrieved | None:
    if candidate.retrieval is None:
        return None
    if finds is None:
        raise EnvironmentFailed(
            f"The candidate {candidate.name!r} retrieves, and nothing was given to "
            "search; run the climb again."
        )
    return await finds.find(candidate.retrieval, example)
