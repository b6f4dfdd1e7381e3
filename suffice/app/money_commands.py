"""The commands that reckon and call no model: ``prices``, ``explain``, ``replay``."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

Day = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Day whose prices hold; default: today."),
]


def replay(
    tables: Annotated[list[Path], typer.Argument(help="CSV: task, model, rung, ...")],
    on: Day = None,
    requests_per_month: Annotated[float, typer.Option(min=1)] = 10_000,
    horizon_months: Annotated[float, typer.Option(min=0.1)] = 12.0,
    bar: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Quality wanted; default: the best measured."),
    ] = None,
    margin: Annotated[float, typer.Option(min=0, max=1)] = 0.03,
    prices: Annotated[
        Path | None, typer.Option(help="Your own price rows, TOML.")
    ] = None,
    rehearse: Annotated[
        int,
        typer.Option(min=0, help="Also how a test set of so many would mislead."),
    ] = 0,
) -> None:
    """Replay tables of measured outcomes: the verdict and its regret, task by task."""
    from suffice.app import cli_replay
    from suffice.economics.replay_costs import Assumptions

    assumed = Assumptions(
        requests_per_month=requests_per_month,
        horizon_months=horizon_months,
        bar=bar,
        margin=margin,
    )
    raise typer.Exit(
        cli_replay.run(
            tables, assumed, on=_day(on), prices=prices, n_rehearsed=rehearse
        )
    )


def _day(on: datetime | None) -> date:
    return (on or datetime.now(UTC)).date()
