"""``suffice usage``: what a re-check would count, without a verdict or a server."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from suffice.app import exits
from suffice.brief_io import load_brief
from suffice.economics.usage import UsageSummary
from suffice.economics.wording import count, digits
from suffice.errors import UnusableInput
from suffice.usage.day_sums import usage_sql
from suffice.usage.reading import read_usage
from suffice.workspace import Workspace


def sql() -> int:
    """Print the query that makes daily sums, for an engine of one's own."""
    sys.stdout.write(usage_sql())
    return exits.VERDICT


def usage(path: Path) -> int:
    """
    Print the usage that the brief's source tells.

    Raises `UnusableInput` when the brief names none.
    """
    brief = load_brief(path)
    workspace = Workspace(Path(brief.output))
    found = read_usage(
        brief.usage,
        kept=workspace.recheck(brief.name) / "usage.json",
        output=workspace.root,
        now_s=time.time(),
    )
    if found is None:
        raise UnusableInput(
            f"{path} names no source of usage: set usage.log, usage.openai, "
            "usage.prometheus, usage.mlflow or usage.daily."
        )
    Console().print(_table(found))
    return exits.VERDICT


def _table(found: UsageSummary) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    rate = count(found.requests_per_month)
    if found.requests_low is not None and found.requests_high is not None:
        rate += f" ({count(found.requests_low)} to {count(found.requests_high)})"
    table.add_row("requests a month", rate)
    for name, value in (
        ("tokens in, each", found.input_tokens),
        ("of these cached", found.cached_tokens),
        ("tokens out, each", found.output_tokens),
    ):
        table.add_row(name, "not counted" if value is None else digits(value))
    days = f"{found.first_day} to {found.last_day}, {digits(found.days)} days"
    table.add_row("counted over", days)
    table.add_row("requests counted", count(found.n_requests))
    table.add_row("rows that cannot be read", count(found.n_bad))
    return table
