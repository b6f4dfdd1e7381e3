"""``suffice export``: a tuned champion's adapter, to be served elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def export(
    whom: Annotated[str, typer.Argument(help="A brief's file or name, or a climb.")],
    to: Annotated[Path, typer.Option(help="A new folder for the adapter.")],
    output: Annotated[
        Path, typer.Option(help="Folder that the climbs write to.")
    ] = Path(".suffice"),
) -> None:
    """Write a fine-tuned champion's adapter in PEFT's format, for vLLM and others."""
    from suffice.brief_io import load_brief
    from suffice.stages import exporting
    from suffice.workspace import Workspace

    file = Path(whom)
    if file.suffix in (".yaml", ".yml") or file.is_file():
        brief = load_brief(file)
        whom, output = brief.name, Path(brief.output)
    made = exporting.export(Workspace(output), whom, to)
    sys.stdout.write(f"{made.folder}\n")
    sys.stderr.write(
        f"An adapter of rank {made.rank} on {made.base}. To serve it with vLLM:\n"
        f"  {made.vllm}\n"
        f"Ask for the model {made.name!r}, told first: {made.system!r}\n"
    )
