"""
Have the questions changed?  Fresh ones against those that the choice was made on.

Two tests in one, on the TF-IDF of words and of runs of letters: the maximum mean
discrepancy (Gretton et al., 2012, https://jmlr.org/papers/v13/gretton12a.html) sees
a new mixture, the count of nearest neighbours from one's own side (Schilling, 1986,
https://doi.org/10.2307/2289012) sees a few new topics.  The p-value is by permutation
of both at once: whatever the texts are, questions drawn from one source get a p-value
of at most x with a chance of at most x.  Rows are taken to be independent of each
other; of one dialogue, give one question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suffice.data.sensitive import Mask

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

MIN_QUESTIONS = 20
"""Fewer on either side tell nothing."""
MAX_QUESTIONS = 1000
"""Questions of each side that are compared; of more, a random part."""
SHOWN = 5
"""Fresh questions that are named."""
_NEIGHBOURS = 5
_FIRST, _FURTHER = 999, 9000
_DOUBTFUL = 0.005
_SHOWN_CHARS = 200


@dataclass(frozen=True, kw_only=True)
class Drift:
    """How far fresh questions are from the reference."""

    p_value: float
    """
    Chance of a difference at least this large between questions of one source, 1e-4
    to 1; exact.  For one look: at the n-th, compare it with `level_at`.
    """
    effect: float
    """
    How well a question shows where it comes from, 0 (not at all) to 1 (surely): twice
    the area under the ROC curve, less 1.
    """
    n_reference: int
    """Questions of the reference that were compared."""
    n_fresh: int
    """Fresh questions that were compared."""
    examples: tuple[str, ...]
    """The fresh questions least like any of the reference, masked and shortened."""
    text: str
    """The same in a sentence or two."""


def question_drift(
    reference: Sequence[str], fresh: Sequence[str], *, seed: int
) -> Drift:
    """
    Whether *fresh* questions come from where the *reference* came from.

    With fewer than `MIN_QUESTIONS` on either side nothing is told: a p-value of 1.
    About a second for 1,000 questions against 1,000.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    ours, theirs = _drawn(reference, rng), _drawn(fresh, rng)
    if min(len(ours), len(theirs)) < MIN_QUESTIONS:
        return _nothing(len(ours), len(theirs))
    n = len(ours)
    alike = _similarities([*ours, *theirs])
    p_value = _p_value(alike, n, rng)
    effect = _effect(alike, n)
    nearest = alike[n:, :n].max(axis=1)
    order = np.argsort(nearest, kind="stable")[:SHOWN]
    shown = tuple(_shown(theirs[i]) for i in order.tolist())
    return Drift(
        p_value=p_value,
        effect=effect,
        n_reference=n,
        n_fresh=len(theirs),
        examples=shown,
        text=_told(p_value, effect, n, len(theirs)),
    )


def level_at(look: int, alpha: float = 0.05) -> float:
    """
    Level for the p-value of the *look*-th comparison, counted from 1.

    The levels of any number of looks add up to *alpha* at most, so that a feature whose
    questions never change is called changed, ever, with at most that chance.

    >>> [round(level_at(n), 4) for n in (1, 2, 3)]
    [0.025, 0.0083, 0.0042]
    """
    return alpha / (look * (look + 1))


def _drawn(texts: Sequence[str], rng: np.random.Generator) -> list[str]:
    said = [text for text in texts if text.strip()]
    if len(said) <= MAX_QUESTIONS:
        return said
    chosen = sorted(rng.choice(len(said), MAX_QUESTIONS, replace=False).tolist())
    return [said[i] for i in chosen]


def _similarities(texts: list[str]) -> Floats:
    """Cosines of all pairs, of words and of letters in equal parts; 0 with itself."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(
        sublinear_tf=True, token_pattern=r"(?u)\b\w+\b|[^\w\s]", dtype=np.float32
    )
    letters = TfidfVectorizer(
        sublinear_tf=True, analyzer="char_wb", ngram_range=(3, 3), dtype=np.float32
    )
    alike = np.zeros((len(texts), len(texts)), dtype=np.float32)
    for vectorizer in (words, letters):
        rows = vectorizer.fit_transform(texts)
        alike += 0.5 * (rows @ rows.T).toarray()
    np.fill_diagonal(alike, 0.0)
    return alike


def _p_value(alike: Floats, n: int, rng: np.random.Generator) -> float:
    """Share of the ways to part the questions that part them at least as well."""
    import numpy as np

    weights = np.full(len(alike), -1 / (len(alike) - n), dtype=np.float32)
    weights[:n] = 1 / n
    near = _neighbours(alike, rng)
    apart = [_apart(alike, near, weights[None, :])]
    for further in (_FIRST, _FURTHER):
        for start in range(0, further, 1000):
            rows = np.tile(weights, (min(1000, further - start), 1))
            apart.append(_apart(alike, near, rng.permuted(rows, axis=1)))
        both = np.concatenate(apart)
        spread = both.std(axis=0)
        told = spread > 1e-3 * np.abs(both).max(axis=0)
        if not told.any():
            return 1.0  # all questions are equally alike
        far = ((both - both.mean(axis=0)) / spread)[:, told].max(axis=1)
        # Rounding must not make the same partition look different.
        p_value = float(np.mean(far >= far[0] - 1e-4))
        if p_value > _DOUBTFUL:
            break
    return p_value


def _apart(alike: Floats, near: Floats, weights: Floats) -> Floats:
    """How much more the sides are like themselves than like each other, twice."""
    import numpy as np

    columns = weights.T
    return np.stack(
        [((matrix @ columns) * columns).sum(axis=0) for matrix in (alike, near)], axis=1
    )


def _neighbours(alike: Floats, rng: np.random.Generator) -> Floats:
    """1 for each pair of which one is among the other's nearest, 2 where both are."""
    import numpy as np

    # Of equally near ones chance decides, never the side on which they stand.
    luck = rng.random(alike.shape, dtype=np.float32)
    nearest = np.argsort(1e-5 * luck - alike, axis=1)[:, :_NEIGHBOURS]
    near = np.zeros_like(alike)
    near[np.arange(len(alike))[:, None], nearest] = 1.0
    graph: Floats = near + near.T
    return graph


def _effect(alike: Floats, n: int) -> float:
    """From how much nearer each question is to the other fresh ones, itself apart."""
    import numpy as np
    from scipy.stats import rankdata

    m = len(alike) - n
    fresh = np.arange(len(alike)) >= n
    to_ours = alike[:, :n].sum(axis=1) / np.where(fresh, n, n - 1)
    to_theirs = alike[:, n:].sum(axis=1) / np.where(fresh, m - 1, m)
    ranks = rankdata(to_theirs - to_ours)
    area = (ranks[n:].sum() - m * (m + 1) / 2) / (n * m)
    return max(0.0, 2 * float(area) - 1)


def _shown(text: str) -> str:
    plain = " ".join(Mask().apply(text).split())
    short = plain[: _SHOWN_CHARS - 3] + "..."
    return plain if len(plain) <= _SHOWN_CHARS else short


def _told(p_value: float, effect: float, n: int, m: int) -> str:
    counts = f"{m} fresh questions against {n}"
    if p_value > 0.05:
        return f"{counts}: no change shows (p = {p_value:.2g})."
    size = "slightly" if effect < 0.3 else "clearly" if effect < 0.7 else "completely"
    return (
        f"{counts}: the questions have {size} changed (p = {p_value:.1g}, "
        f"difference {effect:.2f} on a scale of 0 to 1)."
    )


def _nothing(n: int, m: int) -> Drift:
    return Drift(
        p_value=1.0,
        effect=0.0,
        n_reference=n,
        n_fresh=m,
        examples=(),
        text=f"{m} fresh questions against {n}: too few to compare; "
        f"{MIN_QUESTIONS} of each are needed.",
    )
