"""
Shards: the test examples of one candidate, asked by several tasks at once.

The tasks only fill the response store.  What is concluded is worked out from the
store afterwards, in the frozen order, by the same code as without shards: it cannot
come out differently.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from suffice.candidates import Candidate
from suffice.ladder import RungName
from suffice.measuring.asking import Asked, ask_all
from suffice.measuring.measure import settled_by
from suffice.stages.climb import Climb
from suffice.stages.measurements import choose_candidate
from suffice.stages.table import desk
from suffice.stages.unchanged import judged_before
from suffice.statistics.designs import Design


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A candidate to be asked by several tasks, and how it is judged."""

    candidate: Candidate
    design: Design
    asked: Asked
    """What choosing it took."""


@dataclass(frozen=True)
class Shard:
    """A stretch of the frozen test order."""

    start: int
    stop: int


def is_wide(climb: Climb, rung: RungName) -> bool:
    """Whether the test calls of *rung* are spread over tasks."""
    size = climb.brief.examples_per_task
    return rung != "floor" and size is not None and len(climb.split.test) > size


def waves(climb: Climb, chosen: Chosen) -> Iterator[list[Shard]]:
    """Rounds of as many shards as may be under way at once, along the test order."""
    if judged_before(climb, chosen.candidate) is not None:
        return
    n, size = len(climb.split.test), climb.brief.examples_per_task or 1
    shards = [Shard(i, min(i + size, n)) for i in range(0, n, size)]
    for first in range(0, len(shards), climb.brief.shards):
        yield shards[first : first + climb.brief.shards]


def choose(climb: Climb, rung: RungName, model: str) -> Chosen:
    """Choose the rung's candidate on dev; measuring will choose the same, for free."""
    candidate, design, asked = choose_candidate(climb, rung, model)
    return Chosen(candidate=candidate, design=design, asked=asked)


def ask(climb: Climb, chosen: Chosen, shard: Shard) -> Asked:
    """Ask the shard's examples; what comes back is in the store, so it is left out."""
    examples = climb.split.test[shard.start : shard.stop]
    candidate = chosen.candidate
    with desk(climb) as at:
        place = at.reopened(climb, candidate).desk(climb, candidate.model)
        share = max(1, place.concurrency // climb.brief.shards)
        asked = ask_all(candidate, examples, replace(place, concurrency=share))
    return replace(asked, outcomes=())


def is_settled(climb: Climb, chosen: Chosen, wave: list[Shard]) -> bool:
    """Whether nothing after *wave* needs to be asked."""
    candidate = chosen.candidate
    with desk(climb) as at:
        return settled_by(
            candidate,
            climb.split.test,
            wave[-1].stop,
            design=chosen.design,
            desk=at.reopened(climb, candidate).desk(climb, candidate.model),
        )
