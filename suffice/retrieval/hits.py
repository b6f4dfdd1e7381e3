"""Whether what was retrieved holds the wanted answer: reported apart from quality."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suffice.candidates import Found
from suffice.examples import Example
from suffice.retrieval.words import words_of

if TYPE_CHECKING:
    from suffice.retrieval.pools import Pool


def has_answer(found: Found, example: Example, pool: Pool) -> bool | None:
    """
    Whether one of the documents that *example* names is shown, or else a passage or
    an example that holds the wanted answer or one as good.

    ``None`` where no answer is known, or none of them stands anywhere in the pool:
    then nothing could be found.
    """
    if pool.chunks and example.documents:
        shown = set(found.passages)
        holds = [c for c in pool.chunks if c.document in set(example.documents)]
        return any(c.shown in shown for c in holds) if holds else None
    wanted = {normal(a) for a in (example.answer, *example.references)} - {""}
    if not wanted:
        return None
    if pool.examples:
        seen = {normal(d.answer) for d in found.demonstrations}
        return bool(seen & wanted) if wanted & pool.answers else None
    if any(f" {w} " in f" {normal(p)} " for p in found.passages for w in wanted):
        return True
    return False if any(f" {w} " in pool.all_words for w in wanted) else None


def normal(text: str) -> str:
    """The words of *text*, and nothing else."""
    return " ".join(words_of(text))
