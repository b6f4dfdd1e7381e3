"""Shows a running climb in the terminal: a reader of the journal, nothing more."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from suffice.journal import Follower

Event = dict[str, Any]


@dataclass
class View:
    """What is known of the running climb, and how it looks."""

    started: float = field(default_factory=time.monotonic)
    stage: str = "starting"
    lines: list[str] = field(default_factory=list)
    current: Event | None = None
    spent_usd: float = 0.0
    planned_s: dict[str, float] = field(default_factory=dict)
    stage_started: float = field(default_factory=time.monotonic)
    failure: Event | None = None
    verdict: Event | None = None
    plan: Event | None = None

    def take(self, event: Event) -> str | None:
        """Learn from *event*; returns a line worth keeping, if there is one."""
        match event["event"]:
            case "stage":
                self.stage, self.current = event["text"], None
                self.stage_started = time.monotonic()
            case "plan":
                self.plan = event
                rows = event["rows"]
                self.planned_s = {r["rung"]: r["seconds"] or 0.0 for r in rows}
            case "progress":
                self.current = event
            case "done":
                self.planned_s.pop(event.get("rung", ""), None)
                self.spent_usd += event.get("usd") or 0.0
                self.current = None
                return self._keep(event["text"])
            case "job" if event["status"] == "stalled":
                self.stage = f"{event['id']}: {event['note']}"
            case "error":
                self.failure = event
            case "verdict":
                self.verdict = event
        return None

    def _keep(self, text: str) -> str:
        self.lines.append(text)
        return text

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self.started

    def left_s(self) -> float | None:
        """Seconds left at most, as far as the plan and the present pace tell."""
        if not self.planned_s:
            return None
        rest = dict(self.planned_s)
        now = self.current
        if now and now.get("total"):
            planned = rest.pop(now.get("rung", ""), 0.0)
            spent = time.monotonic() - self.stage_started
            share = now["done"] / now["total"]
            left = spent * (1 - share) / share if share > 0.05 else planned
            return left + sum(rest.values())
        return sum(rest.values())

    def render(self) -> RenderableType:
        """The screen: what is done, what is going on, what it has taken."""
        done = [_ticked(line) for line in self.lines]
        return Group(*done, self._now(), self._totals())

    def _now(self) -> RenderableType:
        row = Table.grid(padding=(0, 1))
        cells: list[RenderableType] = [Spinner("dots"), Text(self.stage)]
        if self.current:
            total = self.current.get("total") or None
            done = self.current.get("done", 0)
            cells.append(ProgressBar(total=total, completed=done, width=24))
            cells.append(Text(f"{done}/{total or '?'}"))
            cells.append(Text(str(self.current.get("name", "")), style="dim"))
        row.add_row(*cells)
        return row

    def _totals(self) -> RenderableType:
        left = self.left_s()
        rest = "" if left is None else f" · at most {clock(left)} left"
        now = self.current or {}
        usd = self.spent_usd + (now.get("usd") or 0.0)
        text = f"  {clock(self.elapsed_s)} so far · ${usd:.4f} spent{rest}"
        return Text(text, style="dim")


def _ticked(line: str) -> Text:
    return Text.assemble(("✓ ", "green"), line)


def clock(seconds: float) -> str:
    """
    Seconds as a person reads them.

    >>> clock(7), clock(95), clock(4020)
    ('7 s', '1 min 35 s', '1 h 7 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def follow(console: Console, follower: Follower, ended: Callable[[], bool]) -> View:
    """Show the journal until *ended*; on no terminal, one line per finished step."""
    view = View()
    if not console.is_terminal:
        _follow_plainly(console, follower, ended, view)
        return view
    with Live(view.render(), console=console, refresh_per_second=8) as live:
        while True:
            last = ended()
            for event in follower.new():
                view.take(event)
            live.update(view.render())
            if last:
                break
            time.sleep(0.12)
        view.current = None
        live.update(Group(*[_ticked(line) for line in view.lines]))
    return view


def _follow_plainly(
    console: Console, follower: Follower, ended: Callable[[], bool], view: View
) -> None:
    stage = ""
    while True:
        last = ended()
        for event in follower.new():
            line = view.take(event)
            if view.stage != stage:
                stage = view.stage
                console.print(f"[{clock(view.elapsed_s)}] {stage}", markup=False)
            if line:
                console.print(f"  {line}", markup=False, highlight=False)
        if last:
            return
        time.sleep(0.2)
