"""
Slices: how a candidate did on the examples that share a tag, worst first.

A candidate may pass on average and fail wherever the customer writes in French.  The
slices are not tested against the bar: they say where to look.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from suffice.examples import Example
from suffice.measuring.json_matching import same_json
from suffice.results import Outcome, Slice
from suffice.statistics.anytime import always_valid

FEWEST = 5
"""Examples a slice needs: fewer say next to nothing."""

WORST = 5
"""Slices that are kept with a measurement."""

_CONFIDENCE = 0.95
_ANSWER, _FIELD = "answer", "field"
_MISSING = object()

Name = tuple[str, str]
"""A tag and its value."""

Of = Callable[[Outcome], float]
"""What an outcome of a slice counts, 0 to 1."""


@dataclass(kw_only=True)
class _Part:
    """One slice: its scores so far, and what they belong to."""

    n_in_order: int
    scores: list[float] = field(default_factory=list)
    clusters: list[str] = field(default_factory=list)


def slices(
    outcomes: Sequence[Outcome], examples: Sequence[Example]
) -> tuple[Slice, ...]:
    """
    Every slice of at least FEWEST scored outcomes, the lowest quality first.

    *examples* is the whole frozen order, *outcomes* those of its beginning.  The
    intervals hold for all slices at once (95 %, Bonferroni over the slices there are
    in the order) and at whatever moment the measuring stopped.  Besides the tags, the
    wanted answer makes slices where answers repeat, as labels do; and each field does
    where the wanted answers are JSON objects: its quality is how often it was right.
    """
    parts = _filled(outcomes, examples)
    clustered = any(e.cluster for e in examples)
    found = [
        _slice(
            name,
            part,
            n_slices=len(parts),
            clustered=clustered,
            final=len(outcomes) == len(examples),
        )
        for name, part in parts.items()
        if len(part.scores) >= FEWEST
    ]
    return tuple(sorted(found, key=lambda s: (s.quality, -s.n, s.tag, s.value)))


def _filled(
    outcomes: Sequence[Outcome], examples: Sequence[Example]
) -> dict[Name, _Part]:
    """The slices that are large enough in the whole order, with what was scored."""
    names = _names(examples)
    in_order = Counter(name for of_one in names for name in of_one)
    parts = {name: _Part(n_in_order=n) for name, n in in_order.items() if n >= FEWEST}
    for outcome, example, of_one in zip(outcomes, examples, names, strict=False):
        if outcome.score is None:
            continue
        for name, count in of_one.items():
            if part := parts.get(name):
                part.scores.append(count(outcome))
                part.clusters.append(example.cluster or f"\0{example.id}")
    return parts


def _names(examples: Sequence[Example]) -> list[dict[Name, Of]]:
    """The slices that each example belongs to, and what counts there."""
    names: list[dict[Name, Of]] = [
        dict.fromkeys(e.tags.items(), _score) for e in examples
    ]
    if len({e.answer for e in examples}) * FEWEST <= len(examples):
        for of_one, example in zip(names, examples, strict=True):
            of_one[_ANSWER, example.answer] = _score
    wanted = [_object(e.answer) for e in examples]
    if None not in wanted:
        for of_one, fields in zip(names, wanted, strict=True):
            for key, value in (fields or {}).items():
                of_one[_FIELD, key] = _field_right(key, value)
    return names


def _score(outcome: Outcome) -> float:
    return outcome.score or 0.0


def _field_right(key: str, value: Any) -> Of:
    def right(outcome: Outcome) -> float:
        got = (_object(outcome.answer or "") or {}).get(key, _MISSING)
        return float(got is not _MISSING and same_json(got, value))

    return right


def _object(text: str) -> dict[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _slice(
    name: Name, part: _Part, *, n_slices: int, clustered: bool, final: bool
) -> Slice:
    low, high = always_valid(
        part.scores,
        (1 - _CONFIDENCE) / n_slices,
        n_max=part.n_in_order,
        clusters=part.clusters if clustered else None,
        final=final,
    )
    quality = sum(part.scores) / len(part.scores)
    return Slice(
        tag=name[0],
        value=name[1],
        n=len(part.scores),
        quality=quality,
        quality_low=min(low, quality),
        quality_high=max(high, quality),
    )
