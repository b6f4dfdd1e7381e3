"""
The command ``suffice``.

Reads arguments, calls the library, prints.  Everything slow is imported where it is
used, so that ``suffice --help`` answers at once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from suffice.app import (
    answer_command,
    cli_cache,
    cli_cancel,
    exits,
    export_command,
    ledger_commands,
    money_commands,
    references,
    serve_command,
    succeed_command,
)
from suffice.errors import SufficeError, UnusableInput

app = typer.Typer(
    name="suffice",
    help="Prompt, retrieve or fine-tune? Climb to the cheapest rung that is provably "
    "good enough.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

BriefPath = Annotated[Path, typer.Argument(help="The brief, a YAML file.")]
Yes = Annotated[
    bool, typer.Option("--yes", help="Approve what the brief's budget allows.")
]
Output = Annotated[Path, typer.Option(help="Folder for everything that is written.")]
_OUTPUT = Path(".suffice")


@app.command()
def climb(brief: BriefPath = Path("brief.yaml"), yes: Yes = False) -> None:
    """Climb from prompting to fine-tuning and say what suffices."""
    from suffice.app import cli_flows

    raise typer.Exit(cli_flows.climb(brief, approved=yes))


@app.command()
def check(
    brief: BriefPath = Path("brief.yaml"),
    fix: Annotated[
        bool, typer.Option("--fix", help="Write a cleaned copy of the examples.")
    ] = False,
    mask_personal_data: Annotated[
        bool, typer.Option("--mask-personal-data", help="With --fix: mask that too.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option(help="With --fix: the copy, a new .jsonl file.")
    ] = None,
    exact_tokens: Annotated[
        bool, typer.Option("--exact-tokens", help="Only count every token.")
    ] = False,
) -> None:
    """Check the examples and show the plan; calls no model and spends nothing."""
    from suffice.app import cli_check

    if (mask_personal_data or output) and not fix:
        raise UnusableInput("--mask-personal-data and --output need --fix.")
    if fix:
        code = cli_check.fix(brief, output, mask_personal=mask_personal_data)
    elif exact_tokens:
        code = cli_check.count_tokens(brief)
    else:
        code = cli_check.check(brief)
    raise typer.Exit(code)


@app.command()
def tune(brief: BriefPath = Path("brief.yaml"), yes: Yes = False) -> None:
    """Fine-tune on the brief's examples, whatever the verdict would be."""
    from suffice.app import cli_flows

    raise typer.Exit(cli_flows.tune(brief, approved=yes))


@app.command()
def probe(brief: BriefPath = Path("brief.yaml")) -> None:
    """What your key may train at the brief's endpoint, until when, at what price."""
    from suffice.app import cli_probe

    raise typer.Exit(cli_probe.probe(brief))


@app.command()
def recheck(brief: BriefPath = Path("brief.yaml")) -> None:
    """Is the last verdict still right, at today's usage and prices?"""
    from suffice.app import cli_flows

    raise typer.Exit(cli_flows.recheck(brief))


@app.command()
def usage(
    brief: BriefPath = Path("brief.yaml"),
    sql: Annotated[
        bool, typer.Option("--sql", help="Only print the query for another engine.")
    ] = False,
) -> None:
    """What the brief's usage log or API says: requests a month, tokens, how sure."""
    from suffice.app import cli_usage

    raise typer.Exit(cli_usage.sql() if sql else cli_usage.usage(brief))


@app.command()
def show(
    name: Annotated[str | None, typer.Argument(help="Name of the brief.")] = None,
    output: Output = _OUTPUT,
) -> None:
    """Show the last verdict."""
    from suffice.app import cli_show

    raise typer.Exit(cli_show.show(output, name))


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="An empty or new folder.")] = Path(),
) -> None:
    """Write a commented brief and a few examples for a task of your own."""
    from suffice.app import starter

    raise typer.Exit(starter.init(folder))


@app.command(name="serve-local")
def serve_local(
    output: Output = _OUTPUT,
    port: Annotated[int, typer.Option(help="Port on loopback; 0: any.")] = 4201,
) -> None:
    """Serve the embedded model, OpenAI-compatible, until Ctrl-C."""
    root = str(output / "local")
    args = ["--root", root, "--port", str(port), "--idle-minutes", "0"]
    os.execv(sys.executable, [sys.executable, "-m", "suffice.local", *args])


@app.command()
def up(
    briefs: Annotated[
        list[Path] | None,
        typer.Argument(help="Briefs to serve; ./brief.yaml, else the example's."),
    ] = None,
    output: Output = _OUTPUT,
    prefect_port: Annotated[int, typer.Option(help="Prefect server.")] = 4200,
    mlflow_port: Annotated[int, typer.Option(help="MLflow server.")] = 5000,
    auth: Annotated[
        bool | None,
        typer.Option("--auth/--no-auth", help="Ask for a password; kept for later."),
    ] = None,
) -> None:
    """Run Prefect, MLflow, the embedded model and the deployments; Ctrl-C stops all."""
    from suffice.services import stack

    code = stack.up(output, prefect_port, mlflow_port, briefs=briefs or (), auth=auth)
    raise typer.Exit(code)


@app.command()
def status(output: Output = _OUTPUT) -> None:
    """Which servers run and where, the newest runs, and what waits for approval."""
    from suffice.app import cli_operate

    raise typer.Exit(cli_operate.status(output))


@app.command()
def approve(
    run: Annotated[
        str | None, typer.Argument(help="Its name, id or brief; default: list them.")
    ] = None,
    refuse: Annotated[bool, typer.Option("--refuse", help="Say no.")] = False,
    budget_usd: Annotated[
        float | None, typer.Option(min=0, help="The climb's new budget.")
    ] = None,
    note: Annotated[str, typer.Option(help="Why, for those who read it later.")] = "",
    output: Output = _OUTPUT,
) -> None:
    """Approve, or refuse, a climb that waits because of auto_approve_usd."""
    from suffice.app import cli_operate

    raise typer.Exit(
        cli_operate.approve(
            output, run, refuse=refuse, budget_usd=budget_usd, note=note
        )
    )


@app.command()
def down(output: Output = _OUTPUT) -> None:
    """Stop the local servers that earlier commands left running."""
    from suffice.services import stack

    raise typer.Exit(stack.down(output))


app.add_typer(cli_cache.app, name="cache")
app.add_typer(money_commands.prices)
app.command()(references.reference)
app.command()(answer_command.answer)
app.command()(serve_command.serve)
app.command()(export_command.export)
app.command()(ledger_commands.ledger)
app.command()(ledger_commands.stop)
app.command()(succeed_command.succeed)
app.command()(cli_cancel.cancel)
app.command()(money_commands.explain)
app.command()(money_commands.replay)


def main() -> None:
    """Run the command; a failure is one sentence, and a traceback with --debug."""
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    try:
        app()
    except SufficeError as error:
        if debug:
            raise
        sys.stderr.write(f"suffice: {error}\n")
        sys.exit(exits.code_of(error))
    except KeyboardInterrupt:
        sys.exit(exits.INTERRUPTED)
