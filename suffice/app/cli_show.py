"""Prints a verdict: the ladder as a table, the reasons, and where to look next."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from suffice.app import exits
from suffice.app.progress import clock
from suffice.data import inert
from suffice.economics.verdict_io import from_json, to_json
from suffice.economics.wording import called, dollars, first_token, latencies
from suffice.results import Measured, Verdict
from suffice.services import known, servers
from suffice.stages.climb import latest_verdict
from suffice.workspace import Workspace

_NARROW: dict[str, Any] = {
    "title_justify": "left",
    "box": box.SIMPLE_HEAD,
    "padding": 0,
}
"""Tables that fit into eighty columns."""
_COLOURS = {"passed": "green", "failed": "red", "inconclusive": "yellow"}


def show(output: Path, name: str | None) -> int:
    """Print the last verdict under *output*."""
    verdict(Console(), Workspace(output), name)
    return exits.VERDICT


def verdict(console: Console, workspace: Workspace, name: str | None) -> None:
    """Print the newest verdict of *name*."""
    found, folder = latest_verdict(workspace, name)
    found = _plain(found)
    console.print()
    console.print(_ladder(found))
    console.print()
    console.print(found.text, highlight=False, markup=False, emoji=False)
    why = [*found.indicators, found.given_up, *found.reasons]
    _lines(console, "", why)
    _lines(console, "What would change it:", [f.text for f in found.flip_points])
    _lines(console, "What to buy next:", [s.text for s in found.next_steps])
    if found.learning_curve:
        console.print(_curve(found))
    timed = [row for row in found.ladder if row.ttft_p50_s is not None]
    first = [
        f"{row.name} on {called(row.model)}: {first_token(row)} s" for row in timed
    ]
    _lines(console, "First token of half of the answers after:", first)
    _detail(console, found)
    for warning in found.warnings:
        said = Text(f"  ! {warning}", style="yellow")
        console.print(said, highlight=False)
    console.print()
    _next_steps(console, workspace, found, folder)


def _plain(found: Verdict) -> Verdict:
    """The same with nothing in it that a terminal takes for a command."""
    return from_json(json.dumps(_inert(json.loads(to_json(found)))))


def _inert(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _inert(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_inert(part) for part in value]
    return inert.shown(value) if isinstance(value, str) else value


def _lines(console: Console, heading: str, lines: Sequence[str]) -> None:
    said = [line for line in lines if line]
    if said and heading:
        console.print(heading, highlight=False, markup=False, emoji=False)
    for line in said:
        console.print(f"  - {line}", highlight=False, markup=False, emoji=False)


def _detail(console: Console, found: Verdict) -> None:
    """Of the chosen candidate, or else the best: its judge, and its worst slices."""
    best = max(found.ladder, key=lambda m: m.quality, default=None)
    row = next((m for m in found.ladder if m.candidate_key == found.chosen), best)
    if row is None:
        return
    if row.judge_id:
        usd = dollars(row.judge_usd_per_example)
        told = [f"{row.judge_id}: {usd} an answer", row.note]
        _lines(console, f"{row.name} was scored by:", told)
    worst = [
        f"{part.tag} {part.value!r}: {part.quality:.2f} "
        f"({part.quality_low:.2f}-{part.quality_high:.2f}, n = {part.n})"
        for part in row.slices
    ]
    heading = f"Where {row.name} does worst (all slices at once, 95 %):"
    _lines(console, heading, worst)


def plan(console: Console, event: dict[str, Any]) -> None:
    """Print what a climb can take at most, rung by rung."""
    table = Table(title="The plan: at most", **_NARROW)
    for heading in ("rung", "model"):
        table.add_column(heading, overflow="fold")
    for heading in ("calls", "$", "time", "provable\nfrom"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in event["rows"]:
        table.add_row(*_planned(row))
    usd, took = f"{event['usd']:.4f}", clock(event["seconds"])
    table.add_row("all", "", str(event["n_calls"]), usd, took, "", style="bold")
    console.print(table)
    for assumption in event["assumptions"]:
        console.print(f"  {assumption}", style="dim", highlight=False)
    if event.get("approval"):
        console.print(event["approval"], style="yellow", markup=False)


def _planned(row: dict[str, Any]) -> tuple[str, ...]:
    usd = "unknown" if row["usd"] is None else f"{row['usd']:.4f}"
    took = "unknown" if row["seconds"] is None else clock(row["seconds"])
    least = row["smallest_provable"]
    provable = "-" if least is None else f"{least:.2f}"
    return row["rung"], row["model"], str(row["n_calls"]), usd, took, provable


def _ladder(found: Verdict) -> Table:
    title = f"{found.name}: bar {found.bar:.2f}, margin {found.margin:.2f}"
    table = Table(title=title, **_NARROW)
    table.add_column("rung", overflow="fold", min_width=9)
    table.add_column("model", overflow="fold", min_width=12)
    for heading in ("n", "quality", "$/1k", "p50/95/99 s"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("ruling", no_wrap=True)
    for row in found.ladder:
        mark = "bold" if row.candidate_key == found.chosen else ""
        ruling = f"[{_COLOURS[row.ruling]}]{row.ruling}[/]{_more(row)}"
        model = Text(called(row.model))
        table.add_row(row.rung, model, *_numbers(row), ruling, style=mark)
    return table


def _curve(found: Verdict) -> Table:
    """Models tuned on parts of the examples, on dev."""
    table = Table(
        title="Learning curve, on dev", title_justify="left", box=box.SIMPLE_HEAD
    )
    for heading in ("tuned on", "n", "quality"):
        table.add_column(heading, justify="right", no_wrap=True)
    for point in found.learning_curve:
        ends = f"({point.quality_low:.2f}-{point.quality_high:.2f})"
        quality = f"{point.quality:.2f} {ends}"
        table.add_row(f"{point.n_train:,} examples", str(point.n), quality)
    return table


def _numbers(row: Measured) -> tuple[str, str, str, str]:
    quality = f"{row.quality:.2f} ({row.quality_low:.2f}-{row.quality_high:.2f})"
    usd = row.usd_per_request
    price = "unknown" if usd is None else f"{usd * 1000:.4f}"
    latency = _short(latencies(row, places=1))
    missing = f" (-{row.n_missing})" if row.n_missing else ""
    return f"{row.n}/{row.n_available}{missing}", quality, price, latency


def _short(latency: str) -> str:
    """In eleven columns: a ruling that is cut off on a narrow terminal says nothing."""
    told = [s if len(s) < 4 else f"{float(s):.0f}" for s in latency.split(" / ")]
    return "/".join(told)


def _more(row: Measured) -> str:
    return f"\n({row.n_more} more)" if row.n_more else ""


def _next_steps(
    console: Console, workspace: Workspace, found: Verdict, folder: Path
) -> None:
    """Where to look next: report, MLflow, Prefect, and the model itself."""
    steps = {
        "Report": str(folder / "report.html"),
        "MLflow": _mlflow(workspace),
        "Prefect": _prefect(workspace),
    }
    if found.registered:
        name = found.registered.partition("/")[0]
        steps["Model"] = f'mlflow.pyfunc.load_model("models:/{name}@champion")'
        steps["Ask it"] = f'suffice answer {name} "..."'
    steps["Spent"] = f"${found.spent_usd:.4f} in {clock(found.elapsed_s)}"
    for name, what in steps.items():
        # Not wrapped: a command that is copied from here must be whole.
        line = f"{name:<8} {what}"
        console.print(line, soft_wrap=True, highlight=False, markup=False, emoji=False)


def _mlflow(workspace: Workspace) -> str:
    if uri := os.environ.get("MLFLOW_TRACKING_URI"):
        return uri
    url = servers.running(known.mlflow_service(workspace.mlflow, "", workspace.root))
    if url:
        return f"{url} (running; 'suffice down' stops it)"
    store = f"sqlite:///{workspace.root / 'mlflow.db'}"
    return f"mlflow server --port 5000 --backend-store-uri {store}"


def _prefect(workspace: Workspace) -> str:
    if url := os.environ.get("PREFECT_API_URL"):
        return url.removesuffix("/api")
    url = servers.running(known.prefect_service(workspace.prefect))
    if url:
        return f"{url} (still running; 'suffice down' stops it)"
    return "suffice up"
