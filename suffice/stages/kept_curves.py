"""The loss curves of a climb's jobs on disk, from which MLflow is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter

from suffice.files import write_atomically
from suffice.losses import CurveStep, LossCurve
from suffice.tuning.job import JobEvent, digest

_CURVE = TypeAdapter(LossCurve)


def keep(folder: Path, job_id: str, name: str, events: Sequence[JobEvent]) -> None:
    """Store the curve in these *events* of a job; without steps there is none."""
    steps = tuple(
        CurveStep(step=e.step, at=e.at, train_loss=e.loss, valid_loss=e.valid_loss)
        for e in events
        if e.step is not None and (e.loss is not None or e.valid_loss is not None)
    )
    if steps:
        curve = LossCurve(name=name, job_id=job_id, steps=steps)
        path = folder / "curves" / f"{digest(job_id.encode())[:16]}.json"
        write_atomically(path, _CURVE.dump_json(curve).decode())


def kept(folder: Path) -> tuple[LossCurve, ...]:
    """Every curve of the climb in *folder*."""
    paths = sorted((folder / "curves").glob("*.json"))
    return tuple(_CURVE.validate_json(path.read_bytes()) for path in paths)
