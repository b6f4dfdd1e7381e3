"""``suffice succeed``: another model in the champion's place, before that is gone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def succeed(
    brief: Annotated[Path, typer.Argument(help="The brief, a YAML file.")],
    model: Annotated[str, typer.Option(help="Model that is to take over.")],
    golden: Annotated[
        Path | None, typer.Option(help="Golden answers; default: the last verdict's.")
    ] = None,
) -> None:
    """Ask another model what the champion was asked, and compare their answers."""
    from suffice.brief_io import load_brief
    from suffice.stages import succession
    from suffice.stages.climb import latest_verdict
    from suffice.workspace import Workspace

    asked = load_brief(brief)
    if golden is None:
        _, folder = latest_verdict(Workspace(Path(asked.output)), asked.name)
        golden = folder / succession.FILE
    found = succession.succeed(asked, succession.read_golden(golden), model)
    sys.stdout.write(f"{found.text}\n")
