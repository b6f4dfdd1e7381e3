"""Scores that belong together: draws of one prompt, questions on one document."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def cluster_means(scores: Sequence[float], clusters: Sequence[str] | None) -> Floats:
    """
    One mean for each cluster, in order of first appearance; the scores when none.

    >>> cluster_means([1, 0, 1], ["a", "a", "b"]).tolist()
    [0.5, 1.0]
    """
    values = np.asarray(scores, dtype=np.float64)
    if clusters is None:
        return values
    place = {name: i for i, name in enumerate(dict.fromkeys(clusters))}
    index = np.array([place[name] for name in clusters], dtype=np.int64)
    means: Floats = np.bincount(index, weights=values) / np.bincount(index)
    return means


def closed_means(
    values: Floats, clusters: Sequence[str] | None, *, final: bool
) -> Floats:
    """
    One mean for each cluster's first run, once it is over; the scores when none.

    A cluster counts when the next one has begun, or at the end.  What comes of it
    later is left out, for a bet that was settled must not be settled anew: so keep
    clusters together in the frozen order.

    >>> closed_means(np.array([1.0, 0, 1]), ["a", "a", "b"], final=False).tolist()
    [0.5]
    """
    if clusters is None:
        return values
    names = list(clusters)
    starts = [i for i in range(len(names)) if i == 0 or names[i] != names[i - 1]]
    means: dict[str, float] = {}
    for start, end in zip(starts, [*starts[1:], len(names)], strict=True):
        if names[start] not in means and (final or end < len(names)):
            means[names[start]] = float(values[start:end].mean())
    return np.array(list(means.values()), dtype=np.float64)
