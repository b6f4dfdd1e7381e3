"""Disturbs what is written beside the ledger, and says what is damaged or lost."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from fault_points import NAMES, Point, points_of
from fault_server import End, Fault, FaultServer
from fault_shim import FAIL_FROM_NOW, FILES, MOVE, built_shim
from fault_trials import told_wrongly
from fault_worlds import Scenario
from storage_acts import N_ANSWERS, answer_of, data_of, key_of
from tally import MET, Tally

from suffice.journal import Follower
from suffice.measuring.responses import ResponseStore
from suffice.tuning.kept_files import is_whole

SCENARIOS = tuple(
    Scenario(name=name, act=name)
    for name in (
        "store answers",
        "write results",
        "write data",
        "keep training files",
        "write the journal",
        "measure",
    )
)


class StorageTrials:
    """A folder that is emptied for each point."""

    def __init__(
        self, server: FaultServer, folder: Path, *, told: Path | None = None
    ) -> None:
        """*told* is where the acts say what was acknowledged to them."""
        self._server = server
        self.folder = folder / "written"
        self._told = told or folder / "told"

    def points(self) -> list[Point]:
        """Of all the acts: every call on files, and all that befalls it."""
        found: list[Point] = []
        for scenario in SCENARIOS:
            self._empty()
            where = {"folder": str(self.folder), "told": str(self._told)}
            kinds = self._server.kinds(scenario.act, **where)
            found += points_of(scenario, kinds)
        return [point for point in found if point.kind & FILES]

    def run(
        self, points: Iterable[Point], tell: Callable[[Tally], None] = lambda _: None
    ) -> Tally:
        tally = Tally()
        for point in points:
            self._empty()
            end = self.go(point.scenario.act, point.fault)
            tally.tried += 1
            tally.by_name[MET] += end.hit
            tally.by_name.update([point.scenario.name, NAMES[point.mode]])
            # Who may not rename may not delete either.
            tidy = (point.kind, point.mode) != (MOVE, FAIL_FROM_NOW)
            for violated in self.violations(point.scenario.act, end, tidy=tidy):
                tally.found.append((str(point), violated))
            tell(tally)
        return tally

    def go(self, act: str, fault: Fault | None = None, **limits: int) -> End:
        where = {"folder": str(self.folder), "told": str(self._told)}
        return self._server.run(act, fault, **where, **limits)

    def damaged(self) -> list[str]:
        """What is half there, unreadable, or lost although it was acknowledged."""
        told = self._told.read_text().split() if self._told.exists() else []
        return [
            *_damaged_answers(self.folder / "responses.db", told),
            *_damaged_file(self.folder / "results/verdict.json", told, json.loads),
            *_damaged_file(self.folder / "data/train.jsonl", told, _whole_data),
            *_damaged_journal(self.folder / "journal.jsonl"),
            *_damaged_kept(self.folder / "training"),
        ]

    def violations(self, act: str, end: End, *, tidy: bool) -> list[str]:
        """What is damaged, lost, or told in no sentence; now, and once done again."""
        found = told_wrongly(end) + self.damaged()
        if tidy and end.error and list(self.folder.rglob(".*.[0-9]*")):
            found.append("half a file is left lying about")
        end = self.go(act)
        if end.error:
            found.append(f"done again, it raised {end.error}: {end.trace}")
        return found + self.damaged()

    def _empty(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._told.unlink(missing_ok=True)


def one_of_each_site(points: Iterable[Point], rng: random.Random) -> list[Point]:
    """Each call on a file once, with one thing that befalls it."""
    sites: dict[tuple[str, int, int], list[Point]] = defaultdict(list)
    for point in points:
        if point.mode != FAIL_FROM_NOW:
            sites[point.scenario.name, point.kind, point.at].append(point)
    return [rng.choice(there) for there in sites.values()]


@contextmanager
def storage_trials(folder: Path, shim: Path) -> Iterator[StorageTrials]:
    """In *folder*, which may be a small or a broken disk."""
    with FaultServer(shim) as server:
        yield StorageTrials(server, folder)


def run_storage(
    n: int | None, *, seed: int, tell: Callable[[Tally], None] = lambda _: None
) -> Tally | None:
    """All points, or *n* of them, or (0) one of each site."""
    with tempfile.TemporaryDirectory() as folder:
        shim = built_shim(Path(folder))
        if shim is None:
            return None
        with storage_trials(Path(folder), shim) as trials:
            points, rng = trials.points(), random.Random(seed)
            rng.shuffle(points)
            chosen = one_of_each_site(points, rng) if n == 0 else points[:n]
            return trials.run(chosen, tell)


def _damaged_answers(path: Path, acknowledged: list[str]) -> list[str]:
    if not path.exists():
        return []
    with tempfile.TemporaryDirectory() as copied:
        for part in path.parent.glob("responses.db*"):
            if not part.name.endswith("-shm"):
                shutil.copy(part, copied)
        copy = Path(copied) / path.name
        with closing(sqlite3.connect(copy)) as raw:
            sound = raw.execute("PRAGMA integrity_check").fetchone()[0]
        found = [] if sound == "ok" else [f"the store is damaged: {sound}"]
        with ResponseStore(copy) as store:
            for number in range(N_ANSWERS):
                got = store.get(key_of(number))
                if got is None and str(number) in acknowledged:
                    found.append(f"answer {number} was acknowledged and is lost")
                if got is not None and got.text != answer_of(number).text:
                    found.append(f"answer {number} is wrong")
    return found


def _damaged_file(
    path: Path, acknowledged: list[str], read: Callable[[str], object]
) -> list[str]:
    if not path.exists():
        return [f"{path.name} is lost"] if acknowledged and path.parent.exists() else []
    try:
        read(path.read_text())
    except ValueError as error:
        return [f"{path.name} is half there: {error}"]
    return []


def _whole_data(text: str) -> None:
    if text.encode() not in (data_of(0), data_of(1)):
        raise ValueError(text[:40])


def _damaged_kept(folder: Path) -> list[str]:
    kept = sorted(folder.glob("*.jsonl"))
    return [f"{path} is not what it is called" for path in kept if not is_whole(path)]


def _damaged_journal(path: Path) -> list[str]:
    try:
        list(Follower(path).new())
    except ValueError as error:
        return [f"the journal cannot be followed: {error}"]
    return []
