"""Shards: one rung's test calls, spread over tasks of hundreds of examples each."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE

from suffice.ladder import RungName
from suffice.measuring.asking import Asked
from suffice.stages import shards
from suffice.stages.climb import Climb
from suffice.stages.shards import Chosen, Shard
from tasks.retries import worth_retrying


@task(
    task_run_name="choose {rung} on {model}",
    retries=2,
    retry_delay_seconds=[5, 30],
    retry_condition_fn=worth_retrying,
    cache_policy=NO_CACHE,
)
def choose(climb: Climb, rung: RungName, model: str) -> Chosen:
    """The rung's candidate, chosen on dev."""
    return shards.choose(climb, rung, model)


@task(
    task_run_name="{chosen.candidate.name}, {shard.start} to {shard.stop}",
    retries=2,
    retry_delay_seconds=[5, 30],
    retry_condition_fn=worth_retrying,
    timeout_seconds=3600,
    cache_policy=NO_CACHE,
)
def ask(climb: Climb, chosen: Chosen, shard: Shard) -> Asked:
    """Ask the examples of one shard; the answers go into the store."""
    return shards.ask(climb, chosen, shard)


@task(
    task_run_name="look at {chosen.candidate.name}",
    retries=2,
    retry_delay_seconds=[5, 30],
    retry_condition_fn=worth_retrying,
    cache_policy=NO_CACHE,
)
def is_settled(climb: Climb, chosen: Chosen, wave: list[Shard]) -> bool:
    """Whether the answers so far decide."""
    return shards.is_settled(climb, chosen, wave)
