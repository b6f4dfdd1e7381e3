"""How far a climb is, as one progress artifact of its run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact

from suffice.results import Measured, Verdict
from suffice.stages.climb import Climb
from suffice.stages.judging import prompting_attempts, tuned_attempts


@dataclass(frozen=True, kw_only=True)
class Steps:
    """The attempts that a climb may make; it ends as soon as something is proved."""

    artifact: UUID
    total: int

    @classmethod
    def begin(cls, climb: Climb) -> Steps:
        """None done yet."""
        total = len(prompting_attempts(climb.brief)) + len(tuned_attempts(climb.brief))
        made = create_progress_artifact(
            0.0,
            key=f"{climb.brief.name}-progress",
            description=f"0 of at most {total} attempts",
        )
        # Typed as if it might have to be awaited, which it is not in here.
        return cls(artifact=cast(UUID, made), total=total)

    def tell(self, ladder: Sequence[Measured]) -> None:
        """What was measured last."""
        last = ladder[-1]
        self._show(
            100.0 * len(ladder) / (self.total + 1),
            f"{len(ladder)} of at most {self.total} attempts; {last.name} on "
            f"{last.model}: {last.ruling}, {last.quality:.2f}",
        )

    def end(self, verdict: Verdict) -> Verdict:
        """The verdict's first sentence."""
        self._show(100.0, verdict.text.splitlines()[0])
        return verdict

    def _show(self, percent: float, text: str) -> None:
        update_progress_artifact(self.artifact, percent, description=text)
