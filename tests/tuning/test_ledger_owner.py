"""Who is dead: only a proof counts, for what is taken from the dead may be running."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from suffice.tuning.ledger_owner import is_dead, new_owner


@contextmanager
def no_more_files() -> Iterator[None]:
    """Out of file descriptors, as a process with a leak is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_who_cannot_look_takes_nobody_for_dead():
    """Its lease would be taken from it in the middle of the paid call."""
    me = new_owner()
    machine, pid, started, number = me.split("|")
    with no_more_files():
        machine_now = new_owner().split("|")[0]
        found = is_dead("|".join([machine_now, pid, started, number]))

    assert not found
    assert machine


def test_an_owner_that_could_not_read_its_own_start_is_not_dead_while_it_lives():
    """It is known by its number alone, so only its end is a proof."""
    machine, pid, _, number = new_owner().split("|")

    assert not is_dead("|".join([machine, pid, "", number]))


def test_one_that_has_ended_and_is_not_yet_buried_is_dead():
    """Its parent may not ask for days how it ended."""
    machine, _, _, number = new_owner().split("|")
    child = subprocess.Popen(["sleep", "60"])
    child.kill()
    while (state := _state(child.pid)) not in ("Z", ""):
        assert state
    dead = is_dead("|".join([machine, str(child.pid), "", number]))
    child.wait()

    assert dead


def _state(pid: int) -> str:
    with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
        return stat.read().rpartition(")")[2].split()[0]
