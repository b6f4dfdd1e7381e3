"""``suffice prices``: what the book says, what changed, and what others say."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Literal

from rich import box
from rich.console import Console
from rich.table import Table

from suffice.app import exits
from suffice.economics.price import Price
from suffice.economics.price_changes import PriceChange, changes, touched
from suffice.economics.price_check import disagreements
from suffice.economics.price_rows import read_rows
from suffice.economics.price_writing import to_toml
from suffice.economics.prices import PriceBook, load_prices
from suffice.economics.verdict_io import from_json
from suffice.economics.wording import digits, dollars
from suffice.errors import UnusableInput
from suffice.files import write_atomically
from suffice.results import Verdict
from suffice.workspace import Workspace

Source = Literal["genai-prices", "mlflow"]


def show(on: date, model: str | None, provider: str | None, prices: Path | None) -> int:
    """Print the rows that hold on that day, as far as they match."""
    book = load_prices(prices)
    rows = [
        row
        for row in book.rows
        if row.holds(on)
        and (model is None or model.lower() in row.model.lower())
        and provider in (None, row.provider)
    ]
    if not rows:
        raise UnusableInput(
            f"No price of {model or provider!r} holds on {on}: 'suffice prices' lists "
            "all, and a price file of your own may add it."
        )
    console = _console()
    console.print(_table(rows, book, on))
    console.print(
        "USD per million tokens. '-' is unknown, never 0. * two sources agreed when "
        "it was checked; the others rest on one.",
        style="dim",
    )
    if len(rows) == 1 or model:
        for row in rows:
            console.print(f"{row.model}: {row.source} ({row.seen_in}) {row.note}")
    return exits.VERDICT


def diff(since: date, until: date, prices: Path | None, output: Path) -> int:
    """Print what changed after *since*, and the stored verdicts that it touches."""
    book = load_prices(prices)
    found = changes(book, since, until)
    if not found:
        sys.stdout.write(f"No price changed after {since}, up to {until}.\n")
    for change in found:
        sys.stdout.write(f"{change.on}  {change.text}\n")
    for verdict in _verdicts(Workspace(output)):
        _tell_touched(verdict, book, found)
    return exits.VERDICT


def check(source: Source, on: date, prices: Path | None) -> int:
    """Print every price on which the book and the catalogue disagree."""
    theirs = _catalogue(source, on)
    book = load_prices(prices)
    found = disagreements(book, theirs, on)
    known = {row.model for row in theirs if row.holds(on)}
    shared = {row.model for row in book.rows if row.holds(on)} & known
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("model", "price", "ours", source, "ratio", "ours since", "theirs"):
        table.add_column(heading, overflow="fold", no_wrap=heading != "model")
    for d in found:
        ratio = "-" if d.ratio is None else digits(d.ratio)
        mark = "*" if d.verified else ""
        theirs_since = "?" if d.theirs_from.year <= 2020 else str(d.theirs_from)
        cells = (d.model, d.what, _usd(d.ours_usd) + mark, _usd(d.theirs_usd), ratio)
        table.add_row(*cells, str(d.ours_from), theirs_since)
    console = _console()
    if found:
        console.print(table)
    console.print(
        f"{len(shared)} models are in both on {on}; {len(found)} prices of them differ."
    )
    return exits.VERDICT


def take(
    source: Source, on: date, models: Sequence[str], to: Path | None, replace: bool
) -> int:
    """
    Rows of a catalogue as TOML: printed, or added to the file *to*.

    Rows of that file are never overwritten in silence: a model that it prices already
    is refused, unless *replace* is given.
    """
    rows = [r for r in _catalogue(source, on) if r.holds(on) and r.model in models]
    missing = [m for m in models if m not in {r.model for r in rows}]
    if missing:
        raise UnusableInput(
            f"{source} knows no price of {missing[0]!r} on {on}: "
            "see 'suffice prices check' for the names it uses."
        )
    if to is None:
        sys.stdout.write(to_toml(rows))
        return exits.VERDICT
    kept = list(read_rows(to)) if to.exists() else []
    twice = sorted({r.model for r in kept} & set(models))
    if twice and not replace:
        raise UnusableInput(
            f"{to} has prices of {twice[0]!r} already: give --replace to drop them."
        )
    kept = [row for row in kept if row.model not in models]
    write_atomically(to, to_toml([*kept, *rows]))
    read_rows(to)
    sys.stdout.write(f"{to}: {len(rows)} rows from {source}, {len(kept)} kept.\n")
    return exits.VERDICT


def _catalogue(source: Source, on: date) -> tuple[Price, ...]:
    from suffice.registry import price_catalogues

    if source == "mlflow":
        return price_catalogues.mlflow_rows(on)
    return price_catalogues.genai_prices_rows(on)


def _verdicts(workspace: Workspace) -> list[Verdict]:
    """The newest verdict of every brief under the output folder."""
    found = sorted((workspace.root / "latest").glob("*"))
    folders = [workspace.climb(path.read_text().strip()) for path in found]
    return [from_json((folder / "verdict.json").read_text()) for folder in folders]


def _tell_touched(
    verdict: Verdict, book: PriceBook, found: Sequence[PriceChange]
) -> None:
    hit = touched(verdict, book, tuple(found))
    models = ", ".join(dict.fromkeys(c.model for c in hit))
    text = f"touched by {models}; 'suffice explain' reckons it anew" if hit else "no"
    sys.stdout.write(f"verdict {verdict.name} of {verdict.decided_on}: {text}\n")


def _table(rows: Sequence[Price], book: PriceBook, on: date) -> Table:
    table = Table(title=f"Prices of {on}", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("model", overflow="fold", ratio=1)
    for heading in ("in", "cached", "out", "training", "hour", "off on", "checked"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in sorted(rows, key=lambda r: (r.provider, r.model)):
        gone = book.shutdown(row.model)
        table.add_row(
            row.model + ("*" if row.verified else ""),
            _usd(row.input_usd_per_mtok),
            _usd(row.cached_usd_per_mtok),
            _usd(row.output_usd_per_mtok),
            _usd(row.training_usd_per_mtok),
            _usd(row.hosting_usd_per_hour),
            str(gone or "-"),
            str(row.checked_on or "-"),
        )
    return table


def _console() -> Console:
    """As wide as the terminal; wide enough for all columns where there is none."""
    width = None if sys.stdout.isatty() else 140
    return Console(highlight=False, width=width)


def _usd(usd: float | None) -> str:
    return "-" if usd is None else dollars(usd).removeprefix("$")
