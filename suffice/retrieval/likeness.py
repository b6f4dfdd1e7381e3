"""
Whether a question is one of a pool, or nearly: by the rule of the data gate.

Near twins share `suffice.data.twins.THRESHOLD` of their three-word sequences; those
that most of the pool shares are a form letter and do not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from suffice.data.twins import THRESHOLD
from suffice.retrieval.words import words_of

_SAMPLE = 1000
_FORM_FROM = 50
_FORM_SHARE = 0.5

Sequences = frozenset[tuple[str, ...]]


class Likeness:
    """Compares questions with the texts of a pool, one pair at a time."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._known: dict[int, Sequences] = {}
        self._last: tuple[str, Sequences] = ("", frozenset())

    def twins(self, index: int, question: str) -> bool:
        """Whether *question* is the same as the text at *index*, or nearly."""
        text = self._texts[index]
        if text.split() == question.split():
            return True
        if index not in self._known:
            self._known[index] = self._sequences(text)
        if self._last[0] != question:
            self._last = (question, self._sequences(question))
        ours, theirs = self._known[index], self._last[1]
        shared = len(ours & theirs)
        return shared > 0 and shared >= THRESHOLD * len(ours | theirs)

    def _sequences(self, text: str) -> Sequences:
        return _threes(text) - self._form

    @cached_property
    def _form(self) -> Sequences:
        """What more than half of the pool says."""
        if len(self._texts) < _FORM_FROM:
            return frozenset()
        sample = self._texts[:: max(1, len(self._texts) // _SAMPLE)]
        counts = Counter(s for text in sample for s in _threes(text))
        most = _FORM_SHARE * len(sample)
        return frozenset(s for s, n in counts.items() if n > most)


def _threes(text: str) -> Sequences:
    """Sequences of three words; a shorter text is one sequence."""
    words = words_of(text)
    if len(words) < 3:
        return frozenset([tuple(words)])
    return frozenset(zip(words, words[1:], words[2:], strict=False))
