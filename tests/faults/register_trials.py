"""Disturbs the registering of a champion, and lets it begin again."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from fault_points import NAMES, Point, points_of
from fault_run import MEMORY, run_all
from fault_server import End, Fault, FaultServer
from fault_shim import FAIL_FROM_NOW, KILL_AFTER, built_shim
from fault_worlds import Scenario
from tally import MET, Tally

WHOLE = [1, 1, ["1"], "1"]
"""One climb, one candidate, one version, and that one is the champion."""
REGISTER = Scenario(name="register", act="register")
CARELESS = Scenario(name="register carelessly", act="register carelessly")


def some_points(tries: Registrations, seed: int) -> list[Point]:
    """All points, in an order that the *seed* gives."""
    points = tries.points(REGISTER)
    random.Random(seed).shuffle(points)
    return points


def run_registrations(n: int | None, *, seed: int, **how: Any) -> Tally | None:
    """*n* points of all, or as many as there are; *how* is for `run_all`."""
    with tempfile.TemporaryDirectory() as name:
        shim = built_shim(Path(name))
        if shim is None:
            return None
        with registrations(shim) as tries:
            points = some_points(tries, seed)
        tally = run_all(shim, points[:n], trials=registrations, **how)
    tally.by_name["points there are"] = len(points)
    return tally


def killed_carelessly(tries: Registrations) -> Tally:
    """The mutant, killed once when its version is made."""
    kills = [p for p in tries.points(CARELESS) if p.mode == KILL_AFTER]
    return tries.run(kills[-1:])


@contextmanager
def registrations(shim: Path) -> Iterator[Registrations]:
    """A registry of its own, in memory where there is a disk in memory."""
    with (
        tempfile.TemporaryDirectory(dir=MEMORY) as folder,
        FaultServer(shim, warm=("register_acts",)) as server,
    ):
        yield Registrations(server, Path(folder))


class Registrations:
    """A registry that is put back, empty, for each point."""

    def __init__(self, server: FaultServer, folder: Path) -> None:
        self._server = server
        self._empty = folder / "empty"
        self._folder = folder / "registry"
        server.run("prepare store", folder=str(self._empty))
        self._put_back()
        # In the folder of all the points: MLflow keeps what it knows by its address.
        server.warm("settle in", folder=str(self._folder))

    def points(self, scenario: Scenario) -> list[Point]:
        """Every call of the act, and what befalls it."""
        self._put_back()
        kinds = self._server.kinds(scenario.act, folder=str(self._folder))
        # What fails from then on is not begun again in the same moment.
        return [p for p in points_of(scenario, kinds) if p.mode != FAIL_FROM_NOW]

    def run(self, points: Iterable[Point]) -> Tally:
        """What came of them."""
        tally = Tally()
        for point in points:
            tally.tried += 1
            tally.by_name[NAMES[point.mode]] += 1
            tally.found += [(str(point), v) for v in self._violations(point, tally)]
        return tally

    def _violations(self, point: Point, tally: Tally) -> list[str]:
        act = partial(self._go, point.scenario.act)
        self._put_back()
        tally.by_name[MET] += act(point.fault).hit
        again = act()
        if again.error:
            return [f"begun again, it raised {again.error}: {again.trace}"]
        found = self._go("registered")
        if found.error:
            return [f"it cannot be looked up: {found.trace}"]
        return [] if found.result == WHOLE else [f"registered: {found.result}"]

    def _go(self, act: str, fault: Fault | None = None) -> End:
        return self._server.run(act, fault, folder=str(self._folder))

    def _put_back(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        shutil.copytree(self._empty, self._folder)
