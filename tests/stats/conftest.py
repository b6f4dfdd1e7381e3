"""Every sequence of answers there is: small enough to try them all."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from suffice.statistics.acceptance import Design

Sequences = list[tuple[int, ...]]


@pytest.fixture(scope="session")
def small() -> Design:
    """A design so small that all of its 256 sequences can be tried."""
    return Design(bar=0.6, margin=0.1, alpha=0.3, n_max=8, look_every=3, futility=0.1)


@pytest.fixture(scope="session")
def sequences(small: Design) -> Sequences:
    """All sequences of right and wrong answers as long as the small order."""
    return list(product((0, 1), repeat=small.n_max))


@pytest.fixture(scope="session")
def chance() -> Callable[[tuple[int, ...], float], float]:
    """Chance of one sequence at a quality."""
    return lambda answers, quality: (
        quality ** sum(answers) * (1 - quality) ** (len(answers) - sum(answers))
    )
