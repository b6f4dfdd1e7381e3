"""
A disk that is full, read-only or broken costs no answer and leaves nothing half there.

``python -m benchmarks.reliability disk --release`` tries every point.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_server import Fault, FaultServer
from fault_shim import TORN, WRITE, built_shim
from storage_trials import SCENARIOS, StorageTrials, run_storage
from tally import MET

ACTS = [scenario.act for scenario in SCENARIOS]


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[FaultServer]:
    shim = built_shim(tmp_path_factory.mktemp("shim"))
    if shim is None:
        pytest.skip("there is no C compiler (cc) to build the fault shim with")
    with FaultServer(shim) as forks:
        yield forks


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk of 1 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    told = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(disk)]
    if os.geteuid() or subprocess.run(told, capture_output=True).returncode:
        pytest.skip("a small disk can only be mounted by root")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_disturbed_at_any_write_nothing_is_damaged_or_lost(seed):
    """What was acknowledged is there; what is there is whole; errors are sentences."""
    tally = run_storage(0, seed=seed)
    if tally is None:
        pytest.skip("there is no C compiler (cc) to build the fault shim with")
    print(f"seed {seed}: {tally}")  # noqa: T201

    assert [] == tally.found
    assert tally.by_name[MET] > 0.9 * tally.tried > 100


def test_a_file_that_is_written_in_place_is_found_half_there(server, tmp_path):
    """The mutant: the same checks must see what they are there to see."""
    trials = StorageTrials(server, tmp_path)
    trials.folder.mkdir()
    end = trials.go("write carelessly", Fault(mode=TORN, at=1, kinds=WRITE))

    assert end.killed
    assert "verdict.json is half there" in " ".join(trials.damaged())


@pytest.mark.parametrize("act", ACTS)
def test_on_a_full_disk_nothing_is_damaged(act, server, small_disk, tmp_path):
    """A real one: what the kernel does is not always what one imagines."""
    trials = StorageTrials(server, small_disk, told=tmp_path / "told")
    trials.folder.mkdir()
    left = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize
    (small_disk / "ballast").write_bytes(b"x" * (left - 12_000))
    end = trials.go(act)
    (small_disk / "ballast").unlink()

    assert ([], True) == (trials.damaged(), end.ours or not end.error)
    assert "" == trials.go(act).error


@pytest.mark.parametrize("act", ACTS)
def test_in_a_read_only_folder_it_says_so_in_a_sentence(
    act, server, small_disk, tmp_path
):
    """A container's file system often is."""
    trials = StorageTrials(server, small_disk, told=tmp_path / "told")
    trials.folder.mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    end = trials.go(act)
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)

    assert end.ours or not end.error, end.trace
    # Nobody is kept from working because the journal cannot be written.
    assert (act != "write the journal") == bool(end.error)


@pytest.mark.parametrize("n_files", [6, 8, 10, 12])
# Below that many, no event loop for a measurement can be made.
@pytest.mark.parametrize("act", [act for act in ACTS if act != "measure"])
def test_out_of_file_descriptors_it_says_so_in_a_sentence(
    act, n_files, server, tmp_path
):
    """The limit of many systems is 1,024 for each process."""
    trials = StorageTrials(server, tmp_path)
    trials.folder.mkdir()
    end = trials.go(act, n_files=n_files)

    assert [] == trials.damaged()
    assert end.ours or not end.error, end.trace
    assert "" == trials.go(act).error


@pytest.mark.parametrize("n_bytes", [100, 4096, 20_000])
@pytest.mark.parametrize("act", ACTS)
def test_at_a_limit_of_file_sizes_nothing_is_damaged(act, n_bytes, server, tmp_path):
    """Such as a quota."""
    trials = StorageTrials(server, tmp_path)
    trials.folder.mkdir()
    end = trials.go(act, n_bytes=n_bytes)

    assert [] == trials.damaged()
    assert end.ours or not end.error, end.trace
    assert "" == trials.go(act).error
