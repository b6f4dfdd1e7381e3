"""
One rung, by one task or by many at once, as the brief says: the same verdict.

No task itself: flows call it, and it is the flow's task runner that spreads the tasks.
"""

from __future__ import annotations

from prefect import unmapped

from suffice.ladder import RungName
from suffice.results import Measured
from suffice.stages.climb import Climb
from suffice.stages.shards import is_wide, waves
from tasks import rungs, shards


def measure(climb: Climb, rung: RungName, model: str) -> Measured:
    """Choose on dev, ask in waves of tasks until it is settled, judge in order."""
    if not is_wide(climb, rung):
        return rungs.measure(climb, rung, model)
    chosen = shards.choose(climb, rung, model)
    asked = [chosen.asked]
    for wave in waves(climb, chosen):
        asked += shards.ask.map(unmapped(climb), unmapped(chosen), wave).result()
        if shards.is_settled(climb, chosen, wave):
            break
    return rungs.measure(climb, rung, model, asked)
