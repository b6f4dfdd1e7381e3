"""
Forks a process for each fault, from one that has made the slow imports.

Started by `fault_server`, with the shim loaded before the C library.  Reads one order
a line, and writes one line about how the forked process ended.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from fault_acts import ACTS, warm_up
from fault_shim import ALL_KINDS, COUNTING, IDLE

_MOST = 8192


def _shim() -> ctypes.CDLL:
    shim = ctypes.CDLL(None)
    shim.fault_trace.restype = ctypes.POINTER(ctypes.c_ubyte)
    return shim


def _run(order: dict[str, Any], told: Path) -> None:
    """One act in this process, with its fault; what came of it goes to *told*."""
    act, shim = ACTS[order["act"]], _shim()
    shim.fault_arm(order["mode"], order["at"], order["error"], order["kinds"])
    said: dict[str, Any] = {}
    try:
        said["result"] = act(**order["args"])
    except BaseException as error:  # noqa: BLE001
        said["error"] = type(error).__name__
        said["ours"] = type(error).__module__ == "suffice.errors"
        said["sentence"] = str(error)
        said["trace"] = traceback.format_exc()[-3000:]
    n = min(_MOST, shim.fault_disarm())
    said["hit"] = bool(shim.fault_hit())
    if order["mode"] == COUNTING:
        said["kinds"] = shim.fault_trace()[:n]
    told.write_text(json.dumps(said))


def _forked(order: dict[str, Any], told: Path) -> dict[str, Any]:
    told.unlink(missing_ok=True)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            _run(order, told)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return {"killed": True, "hit": True}
    return {"killed": False, **json.loads(told.read_text())}


def _here(order: dict[str, Any]) -> dict[str, Any]:
    result = ACTS[order["act"]](**order["args"])
    _share()
    return {"killed": False, "result": result}


def _share() -> None:
    """What is never looked at by the collector stays shared with forked processes."""
    gc.collect()
    gc.freeze()


def main() -> None:
    """Orders in, ends out."""
    _shim().fault_arm(IDLE, 0, 0, ALL_KINDS)
    warm_up(sys.argv[1:])
    _share()
    with tempfile.TemporaryDirectory() as folder:
        print("ready", flush=True)  # noqa: T201
        for line in sys.stdin:
            order = json.loads(line)
            here = order.pop("here", False)
            end = _here(order) if here else _forked(order, Path(folder) / "told")
            print(json.dumps(end), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
