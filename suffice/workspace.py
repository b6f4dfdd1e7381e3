"""Where things lie under the output folder; nothing else knows these names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workspace:
    """The output folder, ``.suffice`` by default."""

    root: Path

    @property
    def local(self) -> Path:
        """The embedded server's files, jobs and models."""
        return self.root / "local"

    @property
    def prefect(self) -> Path:
        """Home of the local Prefect server."""
        return self.root / "prefect"

    @property
    def mlflow(self) -> Path:
        """Log and state of the local MLflow server."""
        return self.root / "mlflow"

    @property
    def responses(self) -> Path:
        """Every answer that was paid for."""
        return self.root / "responses.db"

    @property
    def ledger(self) -> Path:
        """Every intent to spend, and what came of it."""
        return self.root / "ledger.db"

    @property
    def training(self) -> Path:
        """Every file that a model was trained on, under the digest of its content."""
        return self.root / "training"

    @property
    def journal(self) -> Path:
        """What the running climb is doing."""
        return self.root / "journal.jsonl"

    def climb(self, climb_id: str) -> Path:
        """Folder of one climb: split, measurements, verdict, report."""
        return self.root / "climbs" / climb_id

    def recheck(self, name: str) -> Path:
        """What the re-checks of the brief called *name* have seen so far."""
        return self.root / "recheck" / name

    def latest(self, name: str) -> Path:
        """Names the newest climb of the brief called *name*."""
        return self.root / "latest" / name
