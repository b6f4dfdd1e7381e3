"""How varied the examples are, and how far train and test are from each other."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

MAX_ROWS = 1500
"""Rows of each part that are compared; of more, a random part."""
MIN_ROWS = 30
"""Fewer say nothing about a difference."""
RARE = 5
"""A label with fewer rows is neither learned nor judged."""


def effective_number(groups: Sequence[int]) -> float:
    """
    How many really different rows there are: the exponential of the entropy of groups.

    >>> effective_number([1, 2, 3, 4]), effective_number([1, 1, 1, 1])
    (4.0, 1.0)
    """
    n = len(groups)
    shares = [count / n for count in Counter(groups).values()]
    return round(math.exp(-sum(p * math.log(p) for p in shares)), 6) if n else 0.0


def rare_labels(labels: Sequence[str]) -> list[str]:
    """Labels with fewer than `RARE` rows, in alphabetical order."""
    return sorted(label for label, n in Counter(labels).items() if n < RARE)


def coverage(train: Sequence[str], test: Sequence[str], *, seed: int) -> float | None:
    """
    Share of *test* that lies as near to *train* as *train* lies to itself.

    About 0.9 where both are alike: as near as nine tenths of the training texts are
    to their nearest neighbour among the others.  ``None`` with too few of either.
    """
    import numpy as np

    a, b = _sampled(train, seed), _sampled(test, seed)
    if min(len(a), len(b)) < MIN_ROWS:
        return None
    features = _vectors([*a, *b])
    ours, theirs = features[: len(a)], features[len(a) :]
    among = (ours @ ours.T).toarray()
    np.fill_diagonal(among, -1.0)
    usual = np.quantile(among.max(axis=1), 0.1)
    near = (theirs @ ours.T).toarray().max(axis=1)
    return float(np.mean(near >= usual))


def _sampled(texts: Sequence[str], seed: int) -> list[str]:
    import numpy as np

    if len(texts) <= MAX_ROWS:
        return list(texts)
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(len(texts), MAX_ROWS, replace=False))
    return [texts[i] for i in chosen.tolist()]


def _vectors(texts: list[str]):  # type: ignore[no-untyped-def]
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(sublinear_tf=True, token_pattern=r"(?u)\b\w+\b|[^\w\s]")
    return words.fit_transform(texts)
