"""
How fast passages are indexed and found, beside the libraries one would take instead.

    python -m benchmarks.retrieval [passages] [questions]

Texts are made up: words by Zipf's law, 30 to 90 a passage; questions of eight words,
four of them among the hundred most frequent.  Reach: 100,000 passages indexed in 4 s,
2 ms a question.  Medians of five runs, of three for what takes long.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np

from suffice.retrieval.bm25 import Bm25
from suffice.retrieval.vectors import nearest, unit

_VOCABULARY = 60_000
_TOP = 10
_DIMENSIONS = 576
"""Of the embedded model's vectors."""


def passages(n: int, rng: np.random.Generator) -> list[str]:
    """Texts whose words follow Zipf's law."""
    shares = 1 / np.arange(1, _VOCABULARY + 1)
    names = np.array([f"w{i}" for i in range(_VOCABULARY)])
    lengths = rng.integers(30, 91, n)
    drawn = names[rng.choice(_VOCABULARY, lengths.sum(), p=shares / shares.sum())]
    ends = np.cumsum(lengths)
    return [" ".join(drawn[e - k : e]) for e, k in zip(ends, lengths, strict=True)]


def questions(n: int, rng: np.random.Generator) -> list[str]:
    """Eight words each, half of them frequent ones."""
    frequent = rng.integers(0, 100, (n, 4))
    any_word = rng.integers(0, _VOCABULARY, (n, 4))
    return [" ".join(f"w{i}" for i in row) for row in np.hstack([frequent, any_word])]


def seconds(work: Callable[[], object], runs: int) -> float:
    """Median wall time of *work*."""
    taken = []
    for _ in range(runs):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def ours(texts: Sequence[str], asked: Sequence[str]) -> tuple[float, float]:
    """Seconds to index, and milliseconds a question."""
    index_s = seconds(lambda: Bm25(texts), 5)
    index = Bm25(texts)
    asked_s = seconds(lambda: [index.search(q, _TOP) for q in asked], 5)
    return index_s, 1000 * asked_s / len(asked)


def plain_bm25s(texts: Sequence[str], asked: Sequence[str]) -> tuple[float, float]:
    """The library as its own manual has it."""
    import bm25s

    def build() -> bm25s.BM25:
        tokens = bm25s.tokenize(list(texts), stopwords=None, show_progress=False)
        index = bm25s.BM25()
        index.index(tokens, show_progress=False)
        return index

    def ask(index: bm25s.BM25) -> None:
        for question in asked:
            tokens = bm25s.tokenize([question], stopwords=None, show_progress=False)
            index.retrieve(tokens, k=_TOP, show_progress=False)

    index_s = seconds(build, 3)
    index = build()
    return index_s, 1000 * seconds(lambda: ask(index), 3) / len(asked)


def scikit(texts: Sequence[str], asked: Sequence[str]) -> tuple[float, float]:
    """TF-IDF and a sparse product, which many begin with."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    def build() -> tuple[TfidfVectorizer, object]:
        features = TfidfVectorizer(token_pattern=r"\w+")
        return features, features.fit_transform(texts).T.tocsr()

    def ask(features: TfidfVectorizer, rows: object) -> None:
        for question in asked:
            likeness = (features.transform([question]) @ rows).toarray()[0]
            np.argpartition(likeness, -_TOP)[-_TOP:]

    index_s = seconds(build, 3)
    features, rows = build()
    return index_s, 1000 * seconds(lambda: ask(features, rows), 3) / len(asked)


def vectors_ms(n: int, rng: np.random.Generator) -> float:
    """Milliseconds to find the nearest of *n* vectors."""
    known = unit(rng.standard_normal((n, _DIMENSIONS), dtype=np.float32))
    asked = rng.standard_normal((20, _DIMENSIONS), dtype=np.float32)
    return 1000 * seconds(lambda: [nearest(known, v, _TOP) for v in asked], 3) / 20


def main() -> None:
    """Print the table."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    n_asked = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    rng = np.random.default_rng(7)
    texts, asked = passages(n, rng), questions(n_asked, rng)
    print(f"{n:,} passages, {n_asked} questions, the first {_TOP}")
    print(f"{'':<28}{'index, s':>10}{'a question, ms':>16}")
    for name, measure in (
        ("suffice, BM25", ours),
        ("bm25s as documented", plain_bm25s),
        ("scikit-learn TF-IDF", scikit),
    ):
        index_s, ms = measure(texts, asked)
        print(f"{name:<28}{index_s:>10.2f}{ms:>16.2f}")
    few = min(n, 20_000)
    print(f"{f'vectors of {few:,} passages':<28}{'':>10}{vectors_ms(few, rng):>16.2f}")


if __name__ == "__main__":
    main()
