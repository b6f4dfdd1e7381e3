"""``suffice explain``: the stored verdict in full, or as it would be if ..."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from suffice.app import exits
from suffice.brief import Brief
from suffice.brief_io import load_brief
from suffice.economics.curves import ownership_of
from suffice.economics.explain import explain
from suffice.economics.ownership import Ownership
from suffice.economics.prices import PriceBook
from suffice.economics.verdict_io import to_json
from suffice.economics.what_if import what_if
from suffice.economics.wording import count, dollars, label
from suffice.results import Measured, Verdict
from suffice.stages import kept_prices
from suffice.stages.climb import Climb, kept_brief, latest_verdict
from suffice.stages.table import prices
from suffice.workspace import Workspace


def run(
    output: Path,
    name: str | None,
    changes: Sequence[str],
    *,
    on: date | None = None,
    brief: Path | None = None,
    as_json: bool = False,
) -> int:
    """
    Print the newest verdict of *name* under *changes*, beside what it is now.

    Without *on* the prices of the verdict's own day hold; nothing is stored.
    """
    stored, folder = latest_verdict(Workspace(output), name)
    about = load_brief(brief) if brief else kept_brief(folder)
    book = _book(stored, about.model_copy(update={"output": str(output)}))
    day = on or stored.prices_on
    made = explain(stored, changes, brief=about, book=book, on=day)
    if as_json:
        Console(soft_wrap=True).print_json(to_json(made))
        return _code(made)
    console = Console(highlight=False)
    if changes or day != stored.prices_on:
        console.print(_beside(stored, made, about, book, changes))
    _tell(console, made)
    return _code(made)


def _code(verdict: Verdict) -> int:
    return exits.VERDICT if verdict.chosen else exits.NOTHING_ACCEPTABLE


def _book(verdict: Verdict, brief: Brief) -> PriceBook:
    """The prices the verdict was made at; today's rows where none were kept."""
    climb = Climb(
        id=verdict.climb_id, brief=brief, data_fingerprint=verdict.data_fingerprint
    )
    book = prices(brief)
    return kept_prices.read(climb, book) or book


def _beside(
    old: Verdict, new: Verdict, brief: Brief, book: PriceBook, changes: Sequence[str]
) -> Table:
    """The old and the new verdict, line by line, then every candidate's cost."""
    table = Table(title=f"{old.name}: no model was called", box=box.SIMPLE_HEAD)
    table.title_justify = "left"
    table.add_column("")
    table.add_column("as decided", overflow="fold")
    # Spaces, so that a narrow terminal breaks no number.
    heading = "\n".join(c.replace("=", " = ", 1) for c in changes) or (
        f"prices of {new.prices_on}"
    )
    table.add_column(heading, overflow="fold")
    for heading, one, two in zip(
        ("run", "requests a month", "bar", "horizon, months", "prices of"),
        _facts(old),
        _facts(new),
        strict=True,
    ):
        table.add_row(heading, one, two, style="" if one == two else "bold")
    table.add_section()
    before = _totals(old, brief, book)
    after = _totals(new, brief, what_if(changes, book, new.prices_on).book)
    for m in new.ladder:
        key = m.candidate_key
        table.add_row(label(m), before[key], after[key])
    return table


def _facts(verdict: Verdict) -> tuple[str, ...]:
    row = _chosen(verdict)
    return (
        label(row) if row else verdict.action.replace("-", " "),
        count(verdict.requests_per_month),
        f"{verdict.bar:g}",
        f"{verdict.horizon_months:g}",
        str(verdict.prices_on),
    )


def _totals(verdict: Verdict, brief: Brief, book: PriceBook) -> dict[str, str]:
    found = ownership_of(verdict, brief, book)
    return {key: _owned(own) for key, own in found.items()}


def _owned(own: Ownership) -> str:
    if own.total_usd is None:
        return "unknown"
    return f"{dollars(own.usd_per_month)} a month, {dollars(own.total_usd)} in all"


def _chosen(verdict: Verdict) -> Measured | None:
    for row in verdict.ladder:
        if row.candidate_key == verdict.chosen:
            return row
    return None


def _tell(console: Console, verdict: Verdict) -> None:
    console.print()
    console.print(verdict.text, markup=False)
    said = [*verdict.indicators, verdict.given_up, *verdict.reasons]
    for line in filter(None, said):
        console.print(f"  - {line}", markup=False)
    for heading, lines in (
        ("What would change it:", [f.text for f in verdict.flip_points]),
        ("What to buy next:", [s.text for s in verdict.next_steps]),
    ):
        if lines:
            console.print(heading)
        for line in lines:
            console.print(f"  - {line}", markup=False)
