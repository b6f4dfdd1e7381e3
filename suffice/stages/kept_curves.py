"""The loss curves of a climb's jobs on disk, from which MLflow is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from suffice.files import write_atomically
from suffice.tuning.job import JobEvent, digest


@dataclass(frozen=True, kw_only=True)
class CurveStep:
    """The losses after one step of training."""

    step: int
    at: int
    """Seconds since 1970, by the provider's clock."""
    train_loss: float | None = None
    valid_loss: float | None = None


@dataclass(frozen=True, kw_only=True)
class LossCurve:
    """How the losses of one job fell."""

    name: str
    """What was trained, such as ``fine-tuned``."""
    job_id: str
    steps: tuple[CurveStep, ...]


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
