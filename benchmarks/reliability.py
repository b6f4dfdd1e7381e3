"""Faults of disk, network and endpoint: how many were tried, and what did not hold.

Each part prints one row of the table in reliability.md.  What is disturbed, and what
must hold, is in tests/faults; here it is only done more often.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(_TESTS / name) for name in ("faults", "tuning", "engine")]
os.environ["NO_PROXY"] = "127.0.0.1"

_EVERY_S = 60.0
"""Seconds between two lines about how far it has come."""


def _teller() -> Callable[[Any], None]:
    """Prints what was violated at once, and how far it has come now and then."""
    last, n_told = time.monotonic(), 0

    def tell(tally: Any) -> None:
        nonlocal last, n_told
        for point, what in tally.found[n_told:]:
            print(f"... {point}: {what}", file=sys.stderr, flush=True)
        n_told = len(tally.found)
        if time.monotonic() - last >= _EVERY_S:
            last = time.monotonic()
            print(f"... {tally}", file=sys.stderr, flush=True)

    return tell


def io(given: argparse.Namespace) -> Any:
    """Kill or error at the calls to the kernel of submit, resume, follow."""
    from fault_run import all_points, chosen_and_run, some_points
    from fault_scenarios import SCENARIOS

    with tempfile.TemporaryDirectory() as folder:
        return chosen_and_run(
            Path(folder),
            SCENARIOS,
            n=given.n or (20_000 if given.release else 1_000),
            seed=given.seed,
            choose=all_points if given.release else some_points,
            workers=given.workers,
            minutes=given.minutes,
            tell=_teller(),
        )


def network(given: argparse.Namespace) -> Any:
    """Faults of the network and of the endpoint at every request of a fine-tune."""
    from network_cases import all_cases
    from network_trials import run_cases, without_certificates

    cases = list(all_cases())
    random.Random(given.seed).shuffle(cases)
    n = given.n or (len(cases) if given.release else 300)
    with tempfile.TemporaryDirectory() as folder:
        without_certificates(Path(folder))
        return run_cases(
            cases[:n], workers=4 * given.workers, minutes=given.minutes, tell=_teller()
        )


def rates(given: argparse.Namespace) -> Any:
    """Endpoints that bear 20 to 500 calls a second, before the evaluation engine."""
    from rate_limits import all_limits, run_limits

    limits = list(all_limits(400))
    random.Random(given.seed).shuffle(limits)
    n = given.n or (len(limits) if given.release else 12)
    tally, found = run_limits(limits[:n], _teller())
    asked = sorted(one.amplification for one in found)
    slower = sorted(one.slowness for one in found)
    middle = len(found) // 2
    print(f"requests an item: {asked[middle]:.3f} median, {asked[-1]:.3f} at most")
    print(f"x least time: {slower[middle]:.2f} median, {slower[-1]:.2f} at most")
    return tally


def disk(given: argparse.Namespace) -> Any:
    """Kill or error at every write of answers, results, data and journal."""
    from storage_trials import run_storage

    n = given.n if given.n is not None else None if given.release else 0
    return run_storage(n, seed=given.seed, tell=_teller())


def damage(given: argparse.Namespace) -> Any:
    """Stored answers flipped, truncated, zeroed and exchanged."""
    from store_damage import run_damages

    n = given.n or (10_000 if given.release else 400)
    return run_damages(n, seed=given.seed, tell=_teller())


def evaluation(given: argparse.Namespace) -> Any:
    """Faults of the network while items are scored."""
    from evaluation_trials import all_disturbances, run_disturbances

    n = given.n or (len(list(all_disturbances())) if given.release else 10)
    return run_disturbances(n, seed=given.seed, tell=_teller())


def register(given: argparse.Namespace) -> Any:
    """Kill or error at the calls to the kernel while a champion is registered."""
    from register_trials import run_registrations

    return run_registrations(
        given.n or (None if given.release else 20),
        seed=given.seed,
        workers=given.workers,
        minutes=given.minutes,
        tell=_teller(),
    )


_PARTS = {
    "io": io,
    "register": register,
    "network": network,
    "evaluation": evaluation,
    "rates": rates,
    "disk": disk,
    "damage": damage,
}


def main() -> None:
    """Read the arguments, run the parts, print their rows."""
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("parts", nargs="*", default=list(_PARTS), help=", ".join(_PARTS))
    read.add_argument("--release", action="store_true", help="as often as a release")
    read.add_argument("--seed", type=int, default=int(time.strftime("%Y%j")))
    read.add_argument("--n", type=int, help="how many, instead")
    read.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    read.add_argument("--minutes", type=float, default=float("inf"), help="at most")
    given = read.parse_args()
    violated = 0
    for name in given.parts:
        begun = time.monotonic()
        tally = _PARTS[name](given)
        if tally is None:
            sys.exit("there is no C compiler (cc) to build the fault shim with")
        took_s = time.monotonic() - begun
        violated += len(tally.found)
        print(f"| {name} | seed {given.seed} | {tally} | {took_s:.0f} s |")
        for point, what in tally.found:
            print(f"  {point}: {what}")
        for what, n in tally.by_name.most_common():
            print(f"  {n:6} {what}")
        sys.stdout.flush()
    sys.exit(1 if violated else 0)


if __name__ == "__main__":
    main()
