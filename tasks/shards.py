"""Shards: one rung's test calls, spread over tasks of hundreds of examples each."""

from __future__ import annotations

from suffice.ladder import RungName
from suffice.measuring.asking import Asked
from suffice.stages import shards
from suffice.stages.climb import Climb
from suffice.stages.shards import Chosen, Shard
from tasks.retries import asking


@asking("choose {rung} on {model}")
def choose(climb: Climb, rung: RungName, model: str) -> Chosen:
    """The rung's candidate, chosen on dev."""
    return shards.choose(climb, rung, model)


@asking("{chosen.candidate.name}, {shard.start} to {shard.stop}", timeout_seconds=3600)
def ask(climb: Climb, chosen: Chosen, shard: Shard) -> Asked:
    """Ask the examples of one shard; the answers go into the store."""
    return shards.ask(climb, chosen, shard)


@asking("look at {chosen.candidate.name}")
def is_settled(climb: Climb, chosen: Chosen, wave: list[Shard]) -> bool:
    """Whether the answers so far decide."""
    return shards.is_settled(climb, chosen, wave)
