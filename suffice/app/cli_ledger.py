"""``suffice ledger``: what was meant to be paid for, what came of it, what it cost."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from suffice.app import exits
from suffice.data import inert
from suffice.errors import BadBrief
from suffice.files import write_atomically
from suffice.tuning.ledger import Entry, Ledger, stop_told
from suffice.workspace import Workspace

Totals = Literal["climb", "provider", "month", "kind", "state"]
_ELSEWHERE = "What answers to single questions cost is told by 'suffice cache'."
_STATE_COLOURS = {"succeeded": "green", "failed": "red", "unknown": "red"}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which entries are looked at; ``None`` does not filter."""

    kind: str | None = None
    state: str | None = None
    provider: str | None = None
    climb: str | None = None
    """Its id, or the name of its brief, which all climbs of that brief have."""
    since: date | None = None

    def holds(self, entry: Entry) -> bool:
        """Whether *entry* is one of them."""
        asked = (self.kind, self.state, self.provider)
        has = (entry.kind, entry.state, entry.provider)
        alike = all(a is None or a == h for a, h in zip(asked, has, strict=True))
        # A climb's id begins with the name of its brief.
        climbs = (None, entry.climb_id, entry.climb_id.rpartition("-")[0])
        late = self.since is None or _day(entry) >= self.since
        return alike and self.climb in climbs and late


def wanted(
    kind: str | None,
    state: str | None,
    provider: str | None,
    climb: str | None,
    since: str | None,
) -> Wanted:
    """
    The filter that was typed.

    Raises `BadBrief` for a day that is none.
    """
    try:
        day = date.fromisoformat(since) if since else None
    except ValueError as error:
        raise BadBrief(
            f"--since is {since!r}, which is no day; write it like 2026-11-21"
        ) from error
    return Wanted(kind=kind, state=state, provider=provider, climb=climb, since=day)


def where(output: Path, url: str | None) -> Path | str:
    """The ledger that was named: by *url*, else SUFFICE_LEDGER, else in the folder."""
    return url or os.environ.get("SUFFICE_LEDGER") or Workspace(output).ledger


def ledger(
    at: Path | str, asked: Wanted, by: Totals | None, to_csv: Path | None
) -> int:
    """Print the entries that are wanted, their totals, or write them as CSV."""
    console = Console(highlight=False)
    if isinstance(at, Path) and not at.exists():
        console.print(f"No ledger yet: no training was paid for ({at.parent}).")
        console.print(_ELSEWHERE, style="dim")
        return exits.VERDICT
    with Ledger(at) as opened:
        found = [entry for entry in opened.rows() if asked.holds(entry)]
        stopped = opened.stopped()
    if to_csv is not None:
        write_atomically(to_csv, as_csv(found))
        console.print(f"wrote {len(found)} entries to {os.fspath(to_csv)}")
        return exits.VERDICT
    if stopped is not None:
        console.print(stop_told(*stopped), markup=False, style="red")
    console.print(_totals(found, by) if by else _entries(found))
    console.print(_summed(found), style="dim", highlight=False)
    console.print(_ELSEWHERE, style="dim", highlight=False)
    return exits.VERDICT


def as_csv(entries: Iterable[Entry]) -> str:
    """The entries with a header, times in UTC; what the process held is left out."""
    left_out = {"owner", "lease_until"}
    names = [f.name for f in fields(Entry) if f.name not in left_out]
    written = io.StringIO()
    # A text with a carriage return in it would else break the row.
    table = csv.writer(written, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    table.writerow(names)
    for entry in entries:
        table.writerow([_cell(name, getattr(entry, name)) for name in names])
    return written.getvalue()


def _cell(name: str, value: object) -> object:
    if name in ("created_at", "updated_at", "unknown_since") and value is not None:
        return datetime.fromtimestamp(float(str(value)), UTC).isoformat()
    return inert.cell(value) if isinstance(value, str) else value


def _plain(text: str) -> Text:
    """A cell that no terminal takes for a command."""
    return Text("".join(c if c.isprintable() else "?" for c in text))


def _day(entry: Entry) -> date:
    return datetime.fromtimestamp(entry.created_at, UTC).date()


def _entries(entries: Sequence[Entry]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=0)
    for name, width in (("begun (UTC)", 16), ("what", 6), ("state", 9)):
        table.add_column(name, no_wrap=True, min_width=width)
    for name in ("held $", "spent $"):
        table.add_column(name, justify="right", no_wrap=True, min_width=7)
    for name in ("provider", "its name there", "climb"):
        table.add_column(name, overflow="fold", min_width=8)
    for entry in entries:
        begun = datetime.fromtimestamp(entry.created_at, UTC)
        colour = _STATE_COLOURS.get(entry.state, "default")
        table.add_row(
            f"{begun:%Y-%m-%d %H:%M}",
            entry.kind,
            f"[{colour}]{entry.state}[/]",
            f"{entry.reserved_usd:.4f}",
            f"{entry.cost_usd:.4f}",
            _plain(entry.provider),
            _plain(entry.provider_id or "-"),
            _plain(entry.climb_id or "-"),
        )
    return table


def _totals(entries: Sequence[Entry], by: Totals) -> Table:
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(_group(entry, by), []).append(entry)
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column(by)
    for name in ("entries", "held $", "spent $"):
        table.add_column(name, justify="right")
    for name, rows in sorted(groups.items()):
        table.add_row(
            _plain(name or "-"),
            str(len(rows)),
            f"{sum(e.reserved_usd for e in rows):.4f}",
            f"{sum(e.cost_usd for e in rows):.4f}",
        )
    return table


def _group(entry: Entry, by: Totals) -> str:
    match by:
        case "climb":
            return entry.climb_id
        case "month":
            return f"{_day(entry):%Y-%m}"
        case "provider":
            return entry.provider
        case "kind":
            return entry.kind
        case "state":
            return entry.state


def _summed(entries: Sequence[Entry]) -> str:
    """The sums, and a word on what held means."""
    held = sum(e.reserved_usd for e in entries)
    spent = sum(e.cost_usd for e in entries)
    return (
        f"{len(entries)} entries, ${spent:.4f} spent, ${held:.4f} held for what is "
        "still open"
    )
