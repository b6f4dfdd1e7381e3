"""How often a model of ours passes over what it learns, where nobody says."""

from __future__ import annotations


def auto_epochs(n_examples: int) -> int:
    """
    Epochs for so many examples.

    >>> [auto_epochs(n) for n in (10, 100, 240, 1000, 5000)]
    [8, 8, 4, 3, 2]
    """
    if n_examples >= 2000:
        return 2
    return min(8, max(3, round(900 / max(1, n_examples))))


def preference_epochs(n_pairs: int) -> int:
    """
    Epochs for so many preferences, wherever they are learned.

    >>> [preference_epochs(n) for n in (40, 1000, 5000)]
    [3, 2, 1]
    """
    if n_pairs < 500:
        return 3
    return 2 if n_pairs < 2000 else 1
