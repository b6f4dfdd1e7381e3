"""``suffice answer``, as it is typed; what it does is in `suffice.app.cli_answer`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_OUTPUT = Path(".suffice")


def answer(
    whom: Annotated[str, typer.Argument(help="A brief's file or name, or a climb.")],
    question: Annotated[str | None, typer.Argument(help="What is asked.")] = None,
    file: Annotated[
        str | None, typer.Option(help="Or a JSONL, CSV or Parquet file of questions.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="With --file: the new file.")] = None,
    column: Annotated[
        str, typer.Option(help="With --file: the column that is asked.")
    ] = "question",
    fetch: Annotated[
        Path | None, typer.Option(help="Or: put a checked copy of the model there.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
    alias: Annotated[str, typer.Option(help="Which model is asked.")] = "champion",
    budget_usd: Annotated[
        float | None, typer.Option(help="Most to spend; default: the brief's.")
    ] = None,
    output: Annotated[
        Path, typer.Option(help="Folder that the climbs write to.")
    ] = _OUTPUT,
) -> None:
    """Ask the champion: a question, or all of a file's; resumable, within a budget."""
    from suffice.app import cli_answer

    asked = cli_answer.Whom(
        wanted=whom, alias=alias, output=output, budget_usd=budget_usd
    )
    code = cli_answer.run(
        asked,
        question=question,
        batch=cli_answer.batch_of(file, to, column),
        folder=fetch,
        as_json=as_json,
    )
    raise typer.Exit(code)
