"""
The rungs that retrieve: labelled examples or passages, found anew for each question.

How many, by what and in which order is chosen on dev like everything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from suffice.brief import Brief
from suffice.candidates import Candidate, Retrieval
from suffice.errors import BadBrief, BadExamples
from suffice.examples import Split
from suffice.ladder import RungName
from suffice.measuring.demonstrations import n_tokens
from suffice.measuring.formats import natural_rule
from suffice.measuring.means import Means
from suffice.measuring.tags import TAGS
from suffice.retrieval.pools import Pool, question_of

EXAMPLES_SHOWN = (4, 8, 16)
PASSAGES_SHOWN = (2, 5, 10)
_AROUND = 16
"""Tokens that a chat template puts around a demonstration's two messages."""
_GROUNDED = "Answer from the passages that stand before the question."


def retrieved_few_shot(
    brief: Brief, split: Split, model: str, means: Means
) -> list[Candidate]:
    """The nearest labelled examples, by words and by vectors where there are any."""
    if means.examples is None or not means.examples.examples:
        raise BadExamples(
            "retrieved-few-shot has nothing to retrieve: there are 0 training "
            "examples; add some, or leave it out of rungs"
        )
    bare = replace(
        _bare("retrieved-few-shot", brief, split, model), system=brief.instructions
    )
    pool, found = means.examples, []
    room = _room(bare, split, means.context_tokens)
    for by in ("bm25", "embeddings") if pool.vectors else ("bm25",):
        shots = [k for k in EXAMPLES_SHOWN if k * _mean_tokens(pool) <= room]
        for k in shots or EXAMPLES_SHOWN[:1]:
            how = _how(pool, "examples", by, k, room)
            found.append(_named(bare, how))
        first = replace(found[-1].retrieval or how, order="nearest-first")
        found.append(_named(bare, first))
    return found


def rag(brief: Brief, split: Split, model: str, means: Means) -> list[Candidate]:
    """Passages of the documents, by words and by both where there are vectors."""
    if means.documents is None or not means.documents.chunks:
        raise BadBrief("rag has nothing to retrieve; add 'documents: FOLDER'")
    told = f"{brief.instructions.strip()}\n\n{_GROUNDED}"
    bare = replace(_bare("rag", brief, split, model), system=told)
    room = _room(bare, split, means.context_tokens)
    return [
        _named(bare, _how(means.documents, "documents", by, k, room))
        for by, k in _ways(means.documents, room)
    ]


def _ways(pool: Pool, room: int) -> Iterator[tuple[str, int]]:
    counts = [k for k in PASSAGES_SHOWN if k * _mean_tokens(pool) <= room]
    for by in ("bm25", "hybrid") if pool.vectors else ("bm25",):
        for k in counts or PASSAGES_SHOWN[:1]:
            yield by, k


def _how(pool: Pool, what: str, by: str, k: int, room: int) -> Retrieval:
    return Retrieval(
        what="examples" if what == "examples" else "documents",
        by="bm25" if by == "bm25" else "hybrid" if by == "hybrid" else "embeddings",
        k=k,
        pool=pool.digest,
        room_tokens=room,
        embedding_model=None if by == "bm25" else pool.embedding_model,
    )


def _named(bare: Candidate, how: Retrieval) -> Candidate:
    first = ", nearest first" if how.order == "nearest-first" else ""
    return replace(
        bare, name=f"{bare.rung}, {how.by}, k = {how.k}{first}", retrieval=how
    )


def _bare(rung: RungName, brief: Brief, split: Split, model: str) -> Candidate:
    return Candidate(
        rung=rung,
        name=rung,
        model=model,
        answer_rule=natural_rule([e.answer for e in split.train]),
        max_output_tokens=brief.max_output_tokens,
        tags=TAGS[rung],
    )


def _room(bare: Candidate, split: Split, context_tokens: int) -> int:
    """Tokens left for what is retrieved, beside the longest question known."""
    asked = max((len(question_of(e.messages)) for e in split.train), default=0)
    said = n_tokens(asked + len(bare.system or ""), 2)
    return max(1, context_tokens - bare.max_output_tokens - said)


def _mean_tokens(pool: Pool) -> float:
    return n_tokens(sum(pool.chars)) / max(1, len(pool.chars)) + _AROUND
