"""``suffice cache``: what is stored of the answers paid for, and how to prune it."""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suffice.errors import UnusableInput
from suffice.workspace import Workspace

if TYPE_CHECKING:
    from rich.table import Table

    from suffice.measuring.holdings import Held, Holdings
    from suffice.measuring.responses import ResponseStore

_SECONDS = {"h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
_AGE = re.compile(r"(\d+(?:\.\d+)?)([hdw])")

app = typer.Typer(
    help="Show what is stored of the answers that were paid for; prune it.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

Output = Annotated[Path, typer.Option(help="Folder that the climbs write to.")]
Store = Annotated[
    str | None,
    typer.Option(help="A postgresql:// URL; default: SUFFICE_STORE, else the folder."),
]
_OUTPUT = Path(".suffice")


@app.callback()
def show(context: typer.Context, output: Output = _OUTPUT, store: Store = None) -> None:
    """Show what is stored of the answers that were paid for."""
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console

    from suffice.measuring.holdings import holdings

    with _opened(output, store) as opened:
        found = holdings(opened)
    console = Console()
    console.print(_table(found))
    for line in _said(found):
        console.print(line, highlight=False)


@app.command(name="prune")
def forget(
    older_than: Annotated[
        str | None, typer.Option(help="Age, such as 30d, 12h or 8w.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Answers of this model.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All answers.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go; keep it.")
    ] = False,
    output: Output = _OUTPUT,
    store: Store = None,
) -> None:
    """Forget stored answers; asking for them again costs money again."""
    from suffice.measuring.holdings import prune

    if older_than is None and model is None and not everything:
        raise UnusableInput(
            "Nothing says what to forget; give --older-than 30d, --model NAME or --all."
        )
    before = None if older_than is None else time.time() - seconds(older_than)
    with _opened(output, store) as opened:
        gone = prune(opened, before=before, model=model, dry_run=dry_run)
    verb = "would be forgotten" if dry_run else "forgotten"
    room = _size(gone.n_bytes)
    typer.echo(f"{gone.n:,} answers {verb}: {room}, ${gone.usd:.4f} paid for them")


def seconds(age: str) -> float:
    """
    How long *age* is; `UnusableInput` when it cannot be read.

    >>> seconds("1.5d")
    129600.0
    """
    read = _AGE.fullmatch(age)
    if read is None:
        raise UnusableInput(f"--older-than is {age!r}; write 30d, 12h or 8w.")
    return float(read[1]) * _SECONDS[read[2]]


def _opened(output: Path, url: str | None) -> ResponseStore:
    """The store, where there is one: showing creates nothing."""
    from suffice.measuring.responses import ResponseStore

    where: Path | str = (
        url or os.environ.get("SUFFICE_STORE") or Workspace(output).responses
    )
    if isinstance(where, Path) and not where.exists():
        raise UnusableInput(
            f"There are no stored answers under {str(output)!r}; run 'suffice climb' "
            "first, or give --output or --store."
        )
    if isinstance(where, str) and not where.startswith("postgres"):
        raise UnusableInput(f"--store is {where!r}; it must begin with postgresql://.")
    return ResponseStore(where)


def _table(found: Holdings) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title="Stored answers", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("model", overflow="fold")
    for heading in ("answers", "size", "tokens in", "tokens out", "paid $"):
        table.add_column(heading, justify="right", no_wrap=True)
    for model, held in found.by_model.items():
        table.add_row(model or "(refused)", *_numbers(held))
    table.add_row("all", *_numbers(found.all), style="bold")
    return table


def _numbers(held: Held) -> tuple[str, ...]:
    tokens = (f"{held.input_tokens:,}", f"{held.output_tokens:,}")
    return f"{held.n:,}", _size(held.n_bytes), *tokens, f"{held.usd:.4f}"


def _said(found: Holdings) -> list[str]:
    said = [
        f"Reused {found.n_reused:,} times, which saved ${found.saved_usd:.4f}; "
        f"${found.spent_usd:.4f} spent in all."
    ]
    if found.oldest_at is not None and found.newest_at is not None:
        said.append(f"From {_day(found.oldest_at)} to {_day(found.newest_at)} (UTC).")
    return said


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def _size(n_bytes: int) -> str:
    """
    Bytes in a unit that suits them.

    >>> _size(2_500_000)
    '2.5 MB'
    """
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= size:
            return f"{n_bytes / size:.1f} {unit}"
    return f"{n_bytes} B"
