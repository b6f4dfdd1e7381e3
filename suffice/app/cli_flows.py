"""The commands that run a flow, show it, and say where to look next."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import typer
from rich.console import Console

from suffice.app import cli_show, exits, run_flow
from suffice.brief_io import load_brief
from suffice.errors import NotApproved
from suffice.workspace import Workspace


def climb(path: Path, *, approved: bool = False) -> int:
    """
    Run the climb; ends with the verdict and where to look next.

    Without *approved* a plan above the brief's auto_approve_usd is asked about here.
    """
    console = Console()
    workspace, ended = _approved("climb", path, console, approved=approved)
    if ended.code in (exits.VERDICT, exits.NOTHING_ACCEPTABLE) and ended.view.verdict:
        cli_show.verdict(console, workspace, ended.view.verdict["name"])
        return ended.code
    return _explain(console, ended)


def check(path: Path, show_data: Callable[[Console], None]) -> int:
    """Run the data gate and the plan, and show both; nothing is spent."""
    console = Console()
    ended = _run("check", path, console)[1]
    show_data(console)
    if ended.view.plan:
        cli_show.plan(console, ended.view.plan)
    return _explain(console, ended)


def tune(path: Path, *, approved: bool = False) -> int:
    """Fine-tune alone; asks like `climb` before it spends more than it may unasked."""
    console = Console()
    return _explain(console, _approved("tune", path, console, approved=approved)[1])


def recheck(path: Path) -> int:
    """Re-check the last verdict."""
    console = Console()
    return _explain(console, _run("recheck", path, console)[1])


def _approved(
    name: str, path: Path, console: Console, *, approved: bool
) -> tuple[Workspace, run_flow.Ended]:
    """The flow as it ended; run once more where a person at the terminal approves."""
    workspace, ended = _run(name, path, console, approved=approved)
    if not (_must_be_asked(ended) and console.is_terminal and sys.stdin.isatty()):
        return workspace, ended
    if _asked(console, ended):
        return _run(name, path, console, approved=True)
    console.print("Not approved; nothing was spent.")
    raise typer.Exit(ended.code)


def _must_be_asked(ended: run_flow.Ended) -> bool:
    return (ended.view.failure or {}).get("kind") == NotApproved.__name__


def _asked(console: Console, ended: run_flow.Ended) -> bool:
    """Whether the person at the terminal approves the plan that they are shown."""
    if ended.view.plan:
        cli_show.plan(console, ended.view.plan)
    return typer.confirm("Go on?", default=False)


def _run(
    name: str, path: Path, console: Console, *, approved: bool = False
) -> tuple[Workspace, run_flow.Ended]:
    brief = load_brief(path)
    workspace = Workspace(Path(brief.output))
    workspace.root.mkdir(parents=True, exist_ok=True)
    console.print(f"suffice {name}: {brief.name} ({path})", markup=False)
    ended = run_flow.run_flow(name, path, workspace, console, approved=approved)
    return workspace, ended


def _explain(console: Console, ended: run_flow.Ended) -> int:
    """One sentence for a flow that ended without its result."""
    failure = ended.view.failure
    if ended.code == exits.INTERRUPTED:
        console.print("Stopped. Nothing is lost: run it again to continue.")
    elif failure:
        console.print(f"suffice: {failure['text']}", markup=False, style="red")
    elif _broke(ended):
        console.print(
            f"suffice: the flow ended unexpectedly with code {ended.code}; {ended.log} "
            f"ends with {_last_line(ended.log)!r}. Run it again: it goes on.",
            markup=False,
            style="red",
        )
        return exits.ENVIRONMENT_FAILED
    return ended.code


def _broke(ended: run_flow.Ended) -> bool:
    # Python itself ends with 1 after a traceback; a verdict with 1 is in the journal.
    if ended.code == exits.NOTHING_ACCEPTABLE:
        return ended.view.verdict is None
    return ended.code != exits.VERDICT


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")[:200]
