"""
A pool: what is searched, and the search in it.

A pool of examples never gives back the example that is asked, its copy or its near
twin: what is measured would otherwise be remembering, not answering.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from suffice.candidates import Demonstration
from suffice.examples import Example, Message
from suffice.measuring.demonstrations import as_demonstration
from suffice.retrieval.bm25 import Bm25, Hit
from suffice.retrieval.chunks import Chunk
from suffice.retrieval.hits import normal
from suffice.retrieval.likeness import Likeness
from suffice.retrieval.vectors import nearest, unit, unpack

if TYPE_CHECKING:
    from suffice.retrieval.vectors import Vectors

_FUSED = 60
"""Rank constant of reciprocal rank fusion: Cormack, Clarke and Buettcher,
https://doi.org/10.1145/1571941.1572114."""
_DEEPER = 50
"""Ranks of each kind that are added up."""
_SPARE = 8


@dataclass(frozen=True)
class Pool:
    """Labelled examples, or passages; never both."""

    examples: tuple[Example, ...] = ()
    chunks: tuple[Chunk, ...] = ()
    embedding_model: str | None = None
    vectors: str = field(default="", repr=False)
    """Of each text by that model, packed; empty without one."""

    @cached_property
    def digest(self) -> str:
        """16 hexadecimal digits of what is searched; the vectors follow from it."""
        rows = [[[dict(m) for m in e.messages], e.answer] for e in self.examples]
        rows += [[c.id, c.shown] for c in self.chunks]
        text = json.dumps(rows, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """What is compared with the question."""
        asked = (question_of(e.messages) for e in self.examples)
        return (*asked, *(c.shown for c in self.chunks))

    @cached_property
    def chars(self) -> tuple[int, ...]:
        """How long each is as it is shown."""
        shown = (
            len(d.answer) + sum(len(str(m.get("content"))) for m in d.messages)
            for d in self.demonstrations
        )
        return (*shown, *(len(c.shown) for c in self.chunks))

    @cached_property
    def answers(self) -> frozenset[str]:
        """The answers of the examples, as `hits` compares them."""
        return frozenset(normal(e.answer) for e in self.examples)

    @cached_property
    def all_words(self) -> str:
        """The words of all passages, a line each."""
        return "\n".join(f" {normal(c.shown)} " for c in self.chunks)

    @cached_property
    def demonstrations(self) -> tuple[Demonstration, ...]:
        """Each example as it is shown."""
        return tuple(map(as_demonstration, self.examples))

    def search(
        self,
        example: Example,
        k: int,
        *,
        by: Literal["bm25", "embeddings", "hybrid"],
        vector: Vectors | None = None,
    ) -> list[int]:
        """
        Places of the *k* nearest, the nearest first, the asked example left out.

        *vector* is the question's, where *by* needs it.
        """
        question = question_of(example.messages)
        if not self.examples:
            return [h.place for h in self._ranked(question, k, by, vector)]
        depth = k + _SPARE
        while True:
            hits = self._ranked(question, depth, by, vector)
            kept = [h.place for h in hits if not self._is_itself(h.place, example)]
            if len(kept) >= k or len(hits) < depth:
                return kept[:k]
            depth *= 2

    def _ranked(
        self, question: str, k: int, by: str, vector: Vectors | None
    ) -> list[Hit]:
        if by == "bm25":
            return self._words.search(question, k)
        if vector is None:
            raise ValueError(f"searching by {by} needs the question's vector")
        if by == "embeddings":
            return nearest(self._vectors, vector, k)
        depth = max(k, _DEEPER)
        return fuse(
            self._words.search(question, depth),
            nearest(self._vectors, vector, depth),
        )[:k]

    def _is_itself(self, index: int, example: Example) -> bool:
        known = self.examples[index]
        same_row = known.id == example.id and known.messages == example.messages
        return same_row or self._likeness.twins(index, question_of(example.messages))

    @cached_property
    def _words(self) -> Bm25:
        return Bm25(self.texts)

    @cached_property
    def _vectors(self) -> Vectors:
        return unit(unpack(self.vectors, len(self.texts)))

    @cached_property
    def _likeness(self) -> Likeness:
        return Likeness(self.texts)


def question_of(messages: Sequence[Message]) -> str:
    """All that the user said, which is what examples and passages are searched by."""
    return "\n".join(str(m.get("content")) for m in messages if m["role"] == "user")


def fuse(*rankings: Sequence[Hit]) -> list[Hit]:
    """
    One ranking of several, by reciprocal ranks: scores need not be comparable.

    >>> fuse([Hit(7, 9.1), Hit(3, 2.0)], [Hit(3, 0.9), Hit(5, 0.1)])[0].place
    3
    """
    total: dict[int, float] = {}
    for ranking in rankings:
        for rank, hit in enumerate(ranking, 1):
            total[hit.place] = total.get(hit.place, 0.0) + 1 / (_FUSED + rank)
    ordered = sorted(total.items(), key=lambda item: (-item[1], item[0]))
    return [Hit(index, score) for index, score in ordered]
