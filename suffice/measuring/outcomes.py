"""What one call came to: an answer with its score, or why there is none."""

from __future__ import annotations

from suffice.candidates import Candidate
from suffice.examples import Example
from suffice.measuring.matching import Score
from suffice.results import Completion, Outcome

_REFUSALS = {
    "content_filter": "the provider's content filter took the answer",
    "refusal": "the model refused",
}


def missing(example: Example, answer: str | None, reason: str) -> Outcome:
    """Neither right nor wrong: nothing came, or what came could not be scored."""
    return Outcome(example_id=example.id, answer=answer, score=None, reason=reason)


def scored(
    candidate: Candidate,
    example: Example,
    completion: Completion,
    *,
    answer: str,
    score: Score,
) -> Outcome:
    """What came and how good it is, with what a reader must know beside the score."""
    refused = _REFUSALS.get(completion.finish_reason)
    reason = f"{refused}; {score.reason}" if refused else score.reason
    if completion.finish_reason == "length" and score.value < 1:
        reason += f" (cut off at {candidate.max_output_tokens} tokens)"
    return Outcome(
        example_id=example.id,
        answer=answer,
        score=score.value,
        reason=reason,
        completion=completion,
    )
