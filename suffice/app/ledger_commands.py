"""The commands that read the ledger and stop what it records, as they are typed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from suffice.tuning.ledger_entry import Kind, State

Output = Annotated[Path, typer.Option(help="Folder that the climbs write to.")]
Store = Annotated[
    str | None,
    typer.Option(help="A postgresql:// URL; default: SUFFICE_LEDGER, else the folder."),
]
Totals = Literal["climb", "provider", "month", "kind", "state"]
_OUTPUT = Path(".suffice")


def ledger(
    output: Output = _OUTPUT,
    store: Store = None,
    kind: Annotated[
        Kind | None, typer.Option(help="job, upload, hosting, batch, cancel.")
    ] = None,
    state: Annotated[
        State | None, typer.Option(help="submitted, unknown, succeeded, ...")
    ] = None,
    provider: Annotated[str | None, typer.Option(help="Endpoint's name.")] = None,
    climb: Annotated[
        str | None, typer.Option(help="A brief's name, or a climb.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="A day, like 2026-11-21.")] = None,
    by: Annotated[Totals | None, typer.Option(help="Totals, not entries.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write a CSV file instead.")] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Was anything altered or deleted?")
    ] = False,
    head: Annotated[
        str | None, typer.Option(help="With --verify: the end it had earlier.")
    ] = None,
) -> None:
    """Every intent to pay for training, what came of it, and what it cost."""
    from suffice.app import cli_ledger, cli_stop

    where = cli_ledger.where(output, store)
    if verify or head is not None:
        raise typer.Exit(cli_stop.verify(where, head))
    asked = cli_ledger.wanted(kind, state, provider, climb, since)
    raise typer.Exit(cli_ledger.ledger(where, asked, by, csv))


def stop(
    output: Output = _OUTPUT,
    store: Store = None,
    why: Annotated[str, typer.Option(help="Shown to whoever it stops.")] = "",
    lift: Annotated[
        bool, typer.Option("--lift", help="Let spending go on again.")
    ] = False,
) -> None:
    """Stop all new spending at once, also after restarts, until --lift."""
    from suffice.app import cli_ledger, cli_stop

    where = cli_ledger.where(output, store)
    raise typer.Exit(cli_stop.lift(where, why) if lift else cli_stop.stop(where, why))
