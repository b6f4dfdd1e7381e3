"""
Disturbs an act at one point, lets it begin again, and says what did not hold.

The second time nothing happens to it, and it must end as if nothing ever had: one job
that may cost money, known to a sound ledger, within the budget.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace

from fault_acts import CAP_USD, RESERVE_USD
from fault_points import NAMES, Point, points_of
from fault_server import End, Fault
from fault_worlds import Kept, Row, Scenario, World, entries, keep, put_back
from tally import ACCEPTED, MET, Tally

_COSTS = ("queued", "running", "succeeded")


class Trials:
    """The scenarios of one world, made once and put back for each point."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: dict[str, Kept] = {}
        self._kinds: dict[str, list[int]] = {}

    def points(self, scenario: Scenario) -> list[Point]:
        self._put_back(scenario)
        name = scenario.name
        if name not in self._kinds:
            self._kinds[name] = self._world.server.kinds(
                scenario.act,
                url=self._world.api.url,
                ledger=str(self._world.ledger),
                **scenario.args,
            )
        return list(points_of(scenario, self._kinds[name]))

    def doubles(self, scenario: Scenario, rng: random.Random) -> Iterator[Point]:
        """Two disturbances, one after the other, for ever."""
        points = self.points(scenario)
        while True:
            first, then = rng.choices(points, k=2)
            yield replace(first, then=then)

    def run(self, points: Iterable[Point]) -> Tally:
        tally = Tally()
        for point in points:
            tally.tried += 1
            tally.by_name[point.scenario.name] += 1
            tally.by_name[NAMES[point.mode]] += 1
            for violated in self._try(point, tally):
                tally.found.append((str(point), violated))
        return tally

    def _try(self, point: Point, tally: Tally) -> list[str]:
        self._put_back(point.scenario)
        before = set(self._world.api.jobs)
        violated = []
        ends = []
        for met in (point, point.then):
            if met is not None:
                ends.append(self._go(met.scenario, met.fault))
                violated += told_wrongly(ends[-1])
                violated += unbooked(self._world, before)
        tally.by_name[MET] += ends[0].hit
        tally.by_name[ACCEPTED] += set(self._world.api.jobs) > before
        end = self._go(point.scenario)
        return violated + not_resumed(self._world, point.scenario, end)

    def _go(self, scenario: Scenario, fault: Fault | None = None) -> End:
        return self._world.run(scenario.act, fault, **scenario.args)

    def _put_back(self, scenario: Scenario) -> None:
        if scenario.name not in self._kept:
            scenario.prepare(self._world)
            self._kept[scenario.name] = keep(self._world)
        put_back(self._world, self._kept[scenario.name])


def told_wrongly(end: End) -> list[str]:
    """An error must be one of ours, in one sentence."""
    if not end.error or (end.ours and end.sentence and "\n" not in end.sentence):
        return []
    return [f"raised {end.error}: {end.sentence}\n{end.trace}"]


def unbooked(world: World, before: set[str]) -> list[str]:
    """Whatever happened: the ledger is sound, and knows of all that may cost money."""
    sound, rows = entries(world)
    jobs = [row for row in rows if row["kind"] == "job"]
    made = len(set(world.api.jobs) - before)
    held = [row for row in jobs if row["reserved_usd"] >= RESERVE_USD]
    violated = [] if sound == "ok" else [f"the ledger is damaged: {sound}"]
    if made > len(held):
        violated.append(f"{made} jobs made, {len(held)} reserved in the ledger")
    if _committed(rows) > CAP_USD:
        violated.append(f"{_committed(rows)} USD of {CAP_USD} are committed")
    return violated


def not_resumed(world: World, scenario: Scenario, end: End) -> list[str]:
    """Begun again, it ends with the one job, which the ledger knows by its id."""
    if end.error:
        return [f"begun again, it raised {end.error}: {end.sentence}\n{end.trace}"]
    sound, rows = entries(world)
    running = [j for j in world.api.jobs.values() if j["status"] in _COSTS]
    known = {r["provider_id"] for r in rows if r["kind"] == "job"} - {None}
    violated = [] if sound == "ok" else [f"the ledger is damaged: {sound}"]
    if len(world.api.jobs) != scenario.n_jobs:
        violated.append(f"{len(world.api.jobs)} jobs at the provider")
    if len(running) != scenario.n_running:
        violated.append(f"{len(running)} jobs cost money")
    lost = {j["id"] for j in running} - known
    if lost or len(known) != scenario.n_in_ledger:
        violated.append(f"the ledger knows {known}, not {lost}")
    if _committed(rows) > CAP_USD:
        violated.append(f"{_committed(rows)} USD of {CAP_USD} are committed")
    return violated


def _committed(rows: list[Row]) -> float:
    return sum(row["reserved_usd"] + row["spent_usd"] for row in rows)
