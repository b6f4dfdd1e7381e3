"""
BM25: which texts share the telling words of a question.

The ranking is that of the library bm25s (Lucene's variant).  Its index is built here,
from whole columns instead of text by text: 100,000 passages take seconds, not ten.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from suffice.retrieval.words import numbered, words_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from suffice.retrieval.words import Ints

_K1, _B = 1.5, 0.75
_BLOCK = 256


class Hit(NamedTuple):
    """One text that was found."""

    place: int
    """Its place among the texts that were searched."""
    score: float
    """Higher is nearer; comparable within one search only."""


class Bm25:
    """An index of some texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Index *texts*; they are not kept."""
        from bm25s import BM25

        text, word, self._known = numbered(texts)
        self._ranking = BM25(method="lucene", k1=_K1, b=_B)
        self._ranking.nonoccurrence_array = None
        self._ranking.scores = _table(text, word, len(texts), len(self._known))
        self._n = len(texts)

    def search(self, question: str, k: int) -> list[Hit]:
        """
        The *k* nearest texts, the nearest first; of equals the earlier.

        Fewer where fewer share a word with *question*.
        """
        import numpy as np

        asked = dict.fromkeys(words_of(question))
        words = [self._known[w] for w in asked if w in self._known]
        if not words or k < 1:
            return []
        scores = self._ranking.get_scores_from_ids(np.array(words))
        return best(scores, k)


def best(scores: npt.NDArray[np.float32], k: int) -> list[Hit]:
    """The *k* highest of the *scores* above 0; of equals the earlier."""
    import numpy as np

    least = 0.0
    # The k-th highest of the blocks' highest is no higher than the k-th highest of
    # all, and is found at a fraction of the price.
    highest = np.maximum.reduceat(scores, np.arange(0, len(scores), _BLOCK))
    if k < len(highest):
        least = float(np.partition(highest, len(highest) - k)[len(highest) - k])
    places = np.flatnonzero((scores >= least) & (scores > 0))
    order = np.lexsort((places, -scores[places]))[:k]
    return [Hit(int(i), float(scores[i])) for i in places[order]]


def _table(text: Ints, word: Ints, n: int, n_words: int) -> dict[str, Any]:
    """What each word adds to the score of each text it stands in, word by word."""
    import numpy as np
    from scipy.sparse import csc_array

    ones = np.ones(len(text), dtype=np.float32)
    counts = csc_array((ones, (text, word)), shape=(n, n_words))
    counts.sum_duplicates()
    times, text_of = counts.data, counts.indices
    lengths = np.bincount(text, minlength=n).astype(np.float32)
    found_in = np.diff(counts.indptr)
    rarity = np.log(1 + (n - found_in + 0.5) / (found_in + 0.5))
    usual = _K1 * (1 - _B + _B * lengths / (lengths.mean() if len(text) else 1.0))
    added = np.repeat(rarity, found_in) * times / (usual[text_of] + times)
    return {
        "data": added.astype(np.float32),
        "indices": text_of,
        "indptr": counts.indptr,
        "num_docs": n,
    }
