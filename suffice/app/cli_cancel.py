"""``suffice cancel``: ends the jobs that a brief's climbs have running."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from suffice.app import exits

BriefPath = Annotated[Path, typer.Argument(help="The brief, a YAML file.")]


def cancel(brief: BriefPath = Path("brief.yaml")) -> None:
    """Cancel the fine-tuning jobs of this brief that have not ended."""
    from suffice.brief_io import load_brief
    from suffice.stages.cancel_stage import cancel_open_jobs

    wishes = cancel_open_jobs(load_brief(brief))
    told = [wish.text for wish in wishes] or ["No job of this brief is running."]
    sys.stdout.write("\n".join(told) + "\n")
    granted = all(wish.granted for wish in wishes)
    raise typer.Exit(exits.VERDICT if granted else exits.ENVIRONMENT_FAILED)
