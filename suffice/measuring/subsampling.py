"""
Parts of the training examples: nested, drawn with a seed, each answer in its share.

The examples are laid out answer by answer, and each gets the fractional part of its
place times the golden ratio.  Those below a threshold are the part: any stretch of
places then holds nearly the same share of them, however many answers there are.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

from suffice.examples import Example

_GOLDEN = (math.sqrt(5) - 1) / 2


def taught(examples: Sequence[Example]) -> tuple[Example, ...]:
    """Those a model is trained on: all but the ones that must not be learned."""
    return tuple(e for e in examples if e.weight)


def part_of(
    examples: Sequence[Example], share: float, *, seed: int
) -> tuple[Example, ...]:
    """
    *share* of the *examples* that are taught, at least one, in their own order.

    A smaller share is a part of every larger one with the same *seed*.
    """
    known = taught(examples)
    n = min(len(known), max(1, round(share * len(known))))
    chosen = set(_by_turn(known, seed)[:n])
    return tuple(e for i, e in enumerate(known) if i in chosen)


def _by_turn(examples: Sequence[Example], seed: int) -> list[int]:
    """Places of the examples, in the order in which they are taken."""
    laid_out = sorted(
        range(len(examples)),
        key=lambda i: (examples[i].answer, _drawn(f"{seed} {examples[i].id} {i}")),
    )
    start = _drawn(f"{seed}")
    turns = [(start + rank * _GOLDEN) % 1.0 for rank in range(len(laid_out))]
    return [place for _, place in sorted(zip(turns, laid_out, strict=True))]


def _drawn(text: str) -> float:
    """A number from 0 to 1 that *text* alone decides."""
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56
