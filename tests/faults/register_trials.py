"""Disturbs the registering of a champion, and lets it begin again."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from fault_points import NAMES, Point, points_of
from fault_server import End, Fault, FaultServer
from fault_shim import FAIL_FROM_NOW, built_shim
from fault_worlds import Scenario
from tally import MET, Tally

WHOLE = [1, 1, ["1"], "1"]
_REGISTER = Scenario(name="register", act="register")


def run_registrations(
    n: int | None,
    *,
    seed: int,
    tell: Callable[[Tally], None] = lambda _: None,
) -> Tally | None:
    """*n* points of all, or as many as there are."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shim = built_shim(folder)
        if shim is None:
            return None
        with FaultServer(shim, warm=("register_acts",)) as server:
            return _Registrations(server, folder).run(n, seed, tell)


class _Registrations:
    def __init__(self, server: FaultServer, folder: Path) -> None:
        self._server = server
        self._empty = folder / "empty"
        self._empty.mkdir()
        self._folder = folder / "registry"
        server.run("prepare store", folder=str(self._empty))

    def run(self, n: int | None, seed: int, tell: Callable[[Tally], None]) -> Tally:
        self._put_back()
        kinds = self._server.kinds("register", folder=str(self._folder))
        # What fails from then on is not begun again in the same moment.
        points = [p for p in points_of(_REGISTER, kinds) if p.mode != FAIL_FROM_NOW]
        random.Random(seed).shuffle(points)
        tally = Tally()
        for point in points[:n]:
            tally.tried += 1
            tally.by_name[NAMES[point.mode]] += 1
            tally.found += [(str(point), v) for v in self._violations(point, tally)]
            tell(tally)
        return tally

    def _violations(self, point: Point, tally: Tally) -> list[str]:
        self._put_back()
        tally.by_name[MET] += self._go("register", point.fault).hit
        again = self._go("register")
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
