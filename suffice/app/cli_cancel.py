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
    from suffice.stages.cancel_stage import all_cancelled, cancel_open_jobs

    told = cancel_open_jobs(load_brief(brief))
    sys.stdout.write("\n".join(told or ("No job of this brief is running.",)) + "\n")
    done = all_cancelled(told)
    raise typer.Exit(exits.VERDICT if done else exits.ENVIRONMENT_FAILED)
