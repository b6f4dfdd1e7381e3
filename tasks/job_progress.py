"""Shows a job's progress in the Prefect run: lines of its log, and one artifact."""

from __future__ import annotations

import time
from dataclasses import dataclass
from logging import Logger, LoggerAdapter
from typing import cast
from uuid import UUID

import httpx
from prefect.artifacts import create_progress_artifact, update_progress_artifact

from suffice.tuning.watching import Progress

_EVERY_S = 5.0
"""Least time between two updates of the artifact, the last one apart."""
_EVERY_PERCENT = 10.0


@dataclass(kw_only=True)
class Teller:
    """Tells one job's progress; a server that is away for a while misses some of it."""

    key: str
    """Of the artifact: lower-case letters, digits and dashes."""
    log: Logger | LoggerAdapter[Logger]
    _artifact: UUID | None = None
    _told_at: float = 0.0
    _logged: tuple[str, int] | None = None

    def __call__(self, progress: Progress) -> None:
        """Log what changed, and show it."""
        told = (progress.status, int(progress.percent // _EVERY_PERCENT))
        if told != self._logged:
            self._logged = told
            self.log.info("%s", progress.sentence)
        if progress.percent >= 100 or time.monotonic() - self._told_at >= _EVERY_S:
            self._told_at = time.monotonic()
            self._show(progress)

    def _show(self, progress: Progress) -> None:
        try:
            if self._artifact is None:
                made = create_progress_artifact(
                    progress.percent, key=self.key, description=progress.sentence
                )
                # Typed as if it might have to be awaited, which it is not in here.
                self._artifact = cast(UUID, made)
            else:
                update_progress_artifact(
                    self._artifact, progress.percent, description=progress.sentence
                )
        except httpx.HTTPError as error:
            # A page that is out of date for a while must not end a paid wait.
            self.log.warning("The progress cannot be shown now: %s", error)
