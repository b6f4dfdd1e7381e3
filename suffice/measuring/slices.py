"""
Slices: how a candidate did on the examples that share a tag, worst first.

A candidate may pass on average and fail wherever the customer writes in French.  The
slices are not tested against the bar: they say where to look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from suffice.examples import Example
from suffice.results import Outcome, Slice
from suffice.statistics.anytime import always_valid

FEWEST = 5
"""Examples a slice needs: fewer say next to nothing."""

WORST = 5
"""Slices that are kept with a measurement."""

_CONFIDENCE = 0.95
_ANSWER = "answer"

Name = tuple[str, str]
"""A tag and its value."""


def slices(
    outcomes: Sequence[Outcome], examples: Sequence[Example]
) -> tuple[Slice, ...]:
    """
    Every slice of at least FEWEST scored outcomes, the lowest quality first.

    *examples* is the whole frozen order, *outcomes* those of its beginning.  The
    intervals hold for all slices at once (95 %, Bonferroni over the slices there are
    in the order) and at whatever moment the measuring stopped.  Besides the tags, the
    wanted answer makes slices where answers repeat, as labels do.
    """
    names = _names(examples)
    in_order = Counter(name for of_one in names for name in of_one)
    n_in_order = {name: n for name, n in in_order.items() if n >= FEWEST}
    places: dict[Name, list[int]] = {name: [] for name in n_in_order}
    for i, outcome in enumerate(outcomes):
        if outcome.score is not None:
            for name in names[i]:
                if name in places:
                    places[name].append(i)
    found = [
        _slice(name, at, outcomes, examples, n_in_order=n_in_order)
        for name, at in places.items()
        if len(at) >= FEWEST
    ]
    return tuple(sorted(found, key=lambda s: (s.quality, -s.n, s.tag, s.value)))


def _names(examples: Sequence[Example]) -> list[list[Name]]:
    """The slices that each example belongs to."""
    names = [list(e.tags.items()) for e in examples]
    if len({e.answer for e in examples}) * FEWEST <= len(examples):
        for of_one, example in zip(names, examples, strict=True):
            of_one.append((_ANSWER, example.answer))
    return names


def _slice(
    name: Name,
    at: Sequence[int],
    outcomes: Sequence[Outcome],
    examples: Sequence[Example],
    *,
    n_in_order: Mapping[Name, int],
) -> Slice:
    scores = [outcomes[i].score or 0.0 for i in at]
    clustered = any(e.cluster for e in examples)
    clusters = [examples[i].cluster or f"\0{examples[i].id}" for i in at]
    low, high = always_valid(
        scores,
        (1 - _CONFIDENCE) / len(n_in_order),
        n_max=n_in_order[name],
        clusters=clusters if clustered else None,
        final=len(outcomes) == len(examples),
    )
    quality = sum(scores) / len(scores)
    return Slice(
        tag=name[0],
        value=name[1],
        n=len(scores),
        quality=quality,
        quality_low=min(low, quality),
        quality_high=max(high, quality),
    )
