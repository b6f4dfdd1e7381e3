"""
Wrong labels: how many there probably are, and which rows.

Confident learning (Northcutt et al., 2021, https://doi.org/10.1613/jair.1.12125) on
TF-IDF features and a cross-validated logistic regression: a row whose text is
confidently of another label than its own speaks for an error.

A model that has seen too little errs as well, and that looks like noise.  It errs less
the more it has seen, which noise does not: the estimate is made with half and with most
of the rows, the difference is taken off, and thrice the difference widens the interval
downwards.  On labels that the text hardly tells, nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

MIN_ROWS = 60
"""Fewer tell nothing about single labels."""
MAX_ROWS = 2000
"""Rows that are looked at; of more, a random part."""
MIN_OF_A_LABEL = 5
MIN_AGREEMENT = 0.5
"""Share of labels that must be predictable for the others to be suspicious."""
MIN_SURENESS = 0.33
"""
How sure the model must be on average.  Noise leaves it sure of the other labels (0.35
to 0.6 at 0 to 30 % on banking77 and Snips); where the words say little of the label,
or the rows are few, it is not (0.14 to 0.31), and its errors say nothing.
"""
_FOLDS = 5
_DRAWS, _SMALL = 3, 500
"""Of fewer rows than this the folds are drawn several times, and the mean is taken:
one draw was up to 6 points off at 30 % noise, the mean up to 4."""
_RESAMPLES = 200
_STRENGTH = 3.0
"""Inverse regularisation; the estimate was within 4 points on noise of 0 to 30 %."""


@dataclass(frozen=True, kw_only=True)
class Noise:
    """How many labels are probably wrong, and where."""

    rate: float
    """Estimated share of wrong labels, 0 to 1."""
    low: float
    """Lower end of the interval: bootstrap over rows, and the model's weakness."""
    high: float
    """Upper end: bootstrap over rows."""
    suspects: tuple[Suspect, ...]
    """Rows most likely wrong, the surest first; none where *low* is 0."""


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """A row whose text speaks for another label."""

    index: int
    label: str
    """The label that the text speaks for."""


def estimate(
    texts: Sequence[str], labels: Sequence[str], *, seed: int = 7
) -> Noise | None:
    """
    The noise in *labels* given *texts*; ``None`` where it cannot be told.

    That is: with fewer than `MIN_ROWS` rows, fewer than two labels of
    `MIN_OF_A_LABEL` rows, or labels that cannot be predicted from the texts.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    counts: dict[str, int] = {}
    for label in labels:
        counts[label] = counts.get(label, 0) + 1
    names = sorted(name for name, n in counts.items() if n >= MIN_OF_A_LABEL)
    usable = np.array([i for i, x in enumerate(labels) if x in names], dtype=np.int64)
    if len(usable) < MIN_ROWS or len(names) < 2:
        return None
    if len(usable) > MAX_ROWS:
        usable = np.sort(rng.choice(usable, MAX_ROWS, replace=False))
    return _estimate([texts[i] for i in usable], [labels[i] for i in usable], usable)


def _estimate(texts: list[str], labels: list[str], rows: Ints) -> Noise | None:
    """The same for rows that are all usable; *rows* are their indices."""
    import numpy as np

    names = sorted(set(labels))
    given = np.array([names.index(label) for label in labels], dtype=np.int64)
    features = vectorise(texts)
    draws = range(_DRAWS if len(given) < _SMALL else 1)
    all_chances = [_predict(features, given, _FOLDS, draw) for draw in draws]
    chances = all_chances[0]
    if np.mean(chances.argmax(axis=1) == given) < MIN_AGREEMENT:
        return None
    if _sureness(chances, given) < MIN_SURENESS:
        return None
    confident = _confident(chances, given)
    halves = [_predict(features, given, 2, draw) for draw in draws]
    half, full = (_mean_rate(rows, given) for rows in (halves, all_chances))
    weakness = max(0.0, half - full)
    low, high = _interval(confident, given)
    rate, low = max(0.0, full - weakness), max(0.0, min(low, full - 3 * weakness))
    return Noise(
        rate=rate,
        low=low,
        high=high,
        suspects=tuple(
            Suspect(index=int(rows[k]), label=names[confident[k]])
            for k in _surest(chances, confident, given)[: round(rate * len(rows))]
            if low > 0
        ),
    )


def _surest(chances: Floats, confident: Ints, given: Ints) -> Ints:
    """Rows that are confidently of another label, the surest first."""
    import numpy as np

    wrong = np.flatnonzero((confident >= 0) & (confident != given))
    margin = chances[wrong, confident[wrong]] - chances[wrong, given[wrong]]
    order: Ints = wrong[np.argsort(-margin, kind="stable")]
    return order


def _interval(confident: Ints, given: Ints) -> tuple[float, float]:
    """95 % of the rates on rows drawn again and again."""
    import numpy as np

    rng = np.random.default_rng(0)
    draws = (rng.integers(0, len(given), len(given)) for _ in range(_RESAMPLES))
    rates = [_rate(confident[drawn], given[drawn]) for drawn in draws]
    low, high = np.quantile(rates, [0.025, 0.975])
    return float(low), float(high)


def _sureness(chances: Floats, given: Ints) -> float:
    """
    Mean chance of the likeliest label, from 0 to 1 (certain).

    0 is what one knows without the text: the share of the commonest label.
    """
    import numpy as np

    known = float(np.bincount(given).max() / len(given))
    return float((np.mean(chances.max(axis=1)) - known) / (1 - known))


def _mean_rate(draws: Sequence[Floats], given: Ints) -> float:
    import numpy as np

    return float(np.mean([_rate(_confident(c, given), given) for c in draws]))


def _predict(features: Any, given: Ints, n_folds: int, draw: int) -> Floats:
    """The chance of each label for each row, told by the other folds."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    chances = np.zeros((len(given), int(given.max()) + 1))
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=draw)
    for learned, asked in folds.split(features, given):
        model = LogisticRegression(C=_STRENGTH, max_iter=200)
        model.fit(features[learned], given[learned])
        found = model.predict_proba(features[asked])
        chances[np.ix_(asked, model.classes_)] = found
    return chances


def vectorise(texts: Sequence[str]) -> Any:
    """Word pairs and letter groups of each text, weighted by rarity."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b|[^\w\s]"
    )
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    return hstack([words.fit_transform(texts), letters.fit_transform(texts)]).tocsr()


def _confident(chances: Floats, given: Ints) -> Ints:
    """
    The label each row is confidently of; -1 where of none.

    Confident means at least as sure as rows that carry the label are on average.
    """
    import numpy as np

    n_labels = chances.shape[1]
    usual = np.array([chances[given == k, k].mean() for k in range(n_labels)])
    sure = np.where(chances >= usual, chances, -1.0)
    best: Ints = np.where(sure.max(axis=1) >= 0, sure.argmax(axis=1), -1)
    return best


def _rate(confident: Ints, given: Ints) -> float:
    """Share off the diagonal of the counts, weighted to the labels as given."""
    import numpy as np

    n_labels = int(max(given.max(), confident.max())) + 1
    counts = np.zeros((n_labels, n_labels))
    has = confident >= 0
    np.add.at(counts, (given[has], confident[has]), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    weights = np.bincount(given, minlength=n_labels) / len(given)
    seen = counts.sum(axis=1) > 0
    right = float((np.diag(shares) * weights)[seen].sum())
    return float(weights[seen].sum()) - right
