"""Gives orders to `fault_child`, which forks a process for each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from fault_shim import ALL_KINDS, COUNTING, IDLE

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens to the *at*-th call of these kinds."""

    mode: int = IDLE
    at: int = 0
    error: int = 0
    kinds: int = ALL_KINDS


@dataclass(frozen=True, kw_only=True)
class End:
    """How a process ended."""

    killed: bool
    hit: bool = False
    """The fault has happened."""
    result: Any = None
    error: str = ""
    """Class of what it raised."""
    ours: bool = False
    """That class is one of `suffice.errors`."""
    sentence: str = ""
    trace: str = ""
    kinds: list[int] = field(default_factory=list)
    """Of each call, when they were counted."""


class FaultServer:
    """The process that forks; ``with`` it."""

    def __init__(self, shim: Path, *, warm: tuple[str, ...] = ()) -> None:
        """*warm* names what else is imported before the first fork."""
        tests = _ROOT / "tests"
        kits = [tests / name for name in ("tuning", "engine", "registry")]
        path = [_ROOT, _HERE, tests, *kits]
        self._said = shim.parent / "stderr"
        with self._said.open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, str(_HERE / "fault_child.py"), *warm],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # MLflow tells every failure at length.
                stderr=said,
                text=True,
                env=_environment(shim)
                | {"PYTHONPATH": os.pathsep.join(map(str, path))},
            )
        self._read()

    def __enter__(self) -> FaultServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def run(self, act: str, fault: Fault | None = None, **args: Any) -> End:
        """The act in a process of its own, which meets the *fault*."""
        met = fault or Fault()
        return self._ordered(
            {"act": act, "args": args, "mode": met.mode, "at": met.at}
            | {"error": met.error, "kinds": met.kinds}
        )

    def warm(self, act: str, **args: Any) -> None:
        """The act in the process that forks, which leaves its caches to the others."""
        self._ordered({"act": act, "args": args, "here": True})

    def kinds(self, act: str, **args: Any) -> list[int]:
        """The kind of each call of an undisturbed act."""
        end = self.run(act, Fault(mode=COUNTING), **args)
        assert not end.error, end.trace
        return end.kinds

    def _ordered(self, order: dict[str, Any]) -> End:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return End(**json.loads(self._read()))

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the process that forks has ended: {self._said.read_text()}"
        return line


def _environment(shim: Path) -> dict[str, str]:
    found = {k: v for k, v in os.environ.items() if k != "SSL_CERT_FILE"}
    # Nothing is encrypted here, and reading certificates takes longer than all else.
    certificates = shim.parent / "no-certificates"
    certificates.mkdir(exist_ok=True)
    return found | {
        "LD_PRELOAD": str(shim),
        "SSL_CERT_DIR": str(certificates),
        "OMP_NUM_THREADS": "1",
        "NO_PROXY": "127.0.0.1",
    }
