"""
Documents that quote test examples: then retrieval is remembering, not answering.

That a short answer stands in a document is what retrieval is for.  What is suspicious
is a passage that holds a test question and its answer, or a long answer word by word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from suffice.examples import Example
from suffice.retrieval.chunks import Chunk
from suffice.retrieval.pools import question_of
from suffice.retrieval.words import words_of

_LEAST_QUESTION = 5
"""Words from which a question found in a passage is no coincidence."""
LONG_ANSWER = 25
"""Words from which an answer found in a passage counts by itself."""


@dataclass(frozen=True, kw_only=True)
class Quoted:
    """A passage that holds a test example."""

    chunk_id: str
    example_id: str
    what: Literal["question and answer", "answer"]


def quoted_answers(chunks: Sequence[Chunk], test: Sequence[Example]) -> list[Quoted]:
    """The passages that quote an example of *test*, the first for each example."""
    asked = {e.id: words_of(question_of(e.messages)) for e in test}
    wanted = {e.id: words_of(e.answer) for e in test}
    keys: dict[tuple[str, ...], list[tuple[str, bool]]] = defaultdict(list)
    for e in test:
        if len(asked[e.id]) >= _LEAST_QUESTION:
            keys[tuple(asked[e.id][:_LEAST_QUESTION])].append((e.id, True))
        if len(wanted[e.id]) >= LONG_ANSWER:
            keys[tuple(wanted[e.id][:_LEAST_QUESTION])].append((e.id, False))
    found: dict[str, Quoted] = {}
    for chunk in chunks:
        words = words_of(chunk.shown)
        text = f" {' '.join(words)} "
        for start in range(len(words) - _LEAST_QUESTION + 1):
            window = tuple(words[start : start + _LEAST_QUESTION])
            for name, is_question in keys.get(window, ()):
                parts = [wanted[name]] + ([asked[name]] if is_question else [])
                if name not in found and all(f" {' '.join(p)} " in text for p in parts):
                    found[name] = Quoted(
                        chunk_id=chunk.id,
                        example_id=name,
                        what="question and answer" if is_question else "answer",
                    )
    return [found[e.id] for e in test if e.id in found]
