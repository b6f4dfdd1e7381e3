"""The commands that reckon and call no model: ``prices``, ``explain``, ``replay``."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

Day = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Day whose prices hold; default: today."),
]


Prices = Annotated[Path | None, typer.Option(help="Your own price rows, TOML.")]
From = Annotated[
    Literal["genai-prices", "mlflow"],
    typer.Option("--from", help="Whose catalogue; both are installed."),
]

prices = typer.Typer(
    name="prices",
    help="The price book: list it, what changed, what other catalogues say.",
    rich_markup_mode=None,
)


@prices.callback(invoke_without_command=True)
def _prices(context: typer.Context) -> None:
    """List the book where no command is given."""
    if context.invoked_subcommand is None:
        list_prices()


@prices.command(name="list")
def list_prices(
    model: Annotated[str | None, typer.Option(help="A part of its name.")] = None,
    provider: Annotated[str | None, typer.Option()] = None,
    on: Day = None,
    prices: Prices = None,
) -> None:
    """The prices that hold on a day, with source and shutdown dates."""
    from suffice.app import cli_prices

    raise typer.Exit(cli_prices.show(_day(on), model, provider, prices))


@prices.command()
def diff(
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"])],
    until: Day = None,
    prices: Prices = None,
    output: Annotated[Path, typer.Option(help="Where verdicts lie.")] = Path(
        ".suffice"
    ),
) -> None:
    """What changed since a day, and which stored verdicts that touches."""
    from suffice.app import cli_prices

    raise typer.Exit(cli_prices.diff(since.date(), _day(until), prices, output))


@prices.command()
def check(source: From = "genai-prices", on: Day = None, prices: Prices = None) -> None:
    """Where the book and another catalogue disagree: ratio and dates."""
    from suffice.app import cli_prices

    raise typer.Exit(cli_prices.check(source, _day(on), prices))


@prices.command(name="import")
def import_prices(
    models: Annotated[list[str], typer.Argument(help="As the book names them.")],
    source: From = "genai-prices",
    to: Annotated[
        Path | None, typer.Option(help="Your price file; default: printed.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Drop its rows of these models.")
    ] = False,
    on: Day = None,
) -> None:
    """Rows of another catalogue for your own price file."""
    from suffice.app import cli_prices

    raise typer.Exit(cli_prices.take(source, _day(on), models, to, replace))


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


def explain(
    name: Annotated[str | None, typer.Argument(help="Name of the brief.")] = None,
    requests_per_month: Annotated[float | None, typer.Option()] = None,
    horizon_months: Annotated[float | None, typer.Option()] = None,
    bar: Annotated[float | None, typer.Option(help="Quality wanted, 0 to 1.")] = None,
    margin: Annotated[float | None, typer.Option()] = None,
    cpu_usd_per_hour: Annotated[float | None, typer.Option()] = None,
    price: Annotated[
        list[str] | None,
        typer.Option(help="MODEL.input|cached_input|output|hosting=USD; repeatable."),
    ] = None,
    cached_share: Annotated[
        list[str] | None, typer.Option(help="MODEL=SHARE of its static prompt.")
    ] = None,
    shutdown: Annotated[
        list[str] | None, typer.Option(help="MODEL=DAY it is switched off.")
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day; default: the verdict's own."),
    ] = None,
    brief: Annotated[
        Path | None, typer.Option(help="A brief; default: as it was then.")
    ] = None,
    output: Annotated[Path, typer.Option(help="Where the verdict lies.")] = Path(
        ".suffice"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="The verdict as JSON.")] = (
        False
    ),
) -> None:
    """The last verdict in full, and as it would be if ...; calls no model."""
    from suffice.app import cli_explain

    single = {
        "requests_per_month": requests_per_month,
        "horizon_months": horizon_months,
        "bar": bar,
        "margin": margin,
        "cpu_usd_per_hour": cpu_usd_per_hour,
    }
    changes = [f"{k}={v:.15g}" for k, v in single.items() if v is not None]
    changes += price or []
    for kind, given in (("cached_share", cached_share), ("shutdown", shutdown)):
        for one in given or []:
            model, equals, value = one.partition("=")
            changes.append(f"{model}.{kind}{equals}{value}")
    day = on.date() if on else None
    raise typer.Exit(
        cli_explain.run(output, name, changes, on=day, brief=brief, as_json=as_json)
    )


def _day(on: datetime | None) -> date:
    return (on or datetime.now(UTC)).date()
