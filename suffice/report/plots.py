"""
Plots as SVG text that follows the page's colours, light or dark.

Each has its numbers in a table beside it, and a sentence for those who cannot see it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from suffice.results import Measured, Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {"passed": "#1a9850", "failed": "#d73027", "inconclusive": "#e08214"}
_MARKS = {"passed": "o", "failed": "X", "inconclusive": "D"}


def ladder(verdict: Verdict) -> str:
    """Quality with its interval, rung by rung, and the bar."""
    rows = list(verdict.ladder)
    figure, axes = _figure(height=0.7 + 0.42 * len(rows))
    for y, row in enumerate(rows):
        span = [[row.quality - row.quality_low], [row.quality_high - row.quality]]
        axes.errorbar(
            [row.quality],
            [y],
            xerr=[[max(0.0, v) for v in side] for side in span],
            fmt=_MARKS[row.ruling],
            color=_COLOURS[row.ruling],
            capsize=4,
        )
    _draw_bar(axes, verdict, vertical=True)
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    axes.invert_yaxis()
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("quality, with interval")
    return _svg(figure)


def price(verdict: Verdict) -> str | None:
    """Quality against dollars for a thousand requests; ``None`` without prices."""
    rows = [r for r in verdict.ladder if r.usd_per_request is not None]
    if not rows:
        return None
    figure, axes = _figure(height=3.4)
    best = {row.candidate_key for row in pareto(rows)}
    for row in rows:
        usd = 1000 * (row.usd_per_request or 0.0)
        span = [[row.quality - row.quality_low], [row.quality_high - row.quality]]
        axes.errorbar(
            [usd],
            [row.quality],
            yerr=[[max(0.0, v) for v in side] for side in span],
            fmt=_MARKS[row.ruling],
            color=_COLOURS[row.ruling],
            markersize=9 if row.candidate_key in best else 6,
            capsize=3,
        )
        axes.annotate(row.rung, (usd, row.quality), (6, 6), textcoords="offset points")
    _draw_bar(axes, verdict, vertical=False)
    axes.set_ylim(-0.02, 1.05)
    axes.set_xlabel("USD per 1,000 requests")
    axes.set_ylabel("quality")
    return _svg(figure)


def cumulative(verdict: Verdict) -> str | None:
    """Dollars spent month by month by each candidate that passed, upfront included."""
    rows = [
        r
        for r in verdict.ladder
        if r.ruling == "passed" and r.usd_per_request is not None
    ]
    if not rows:
        return None
    figure, axes = _figure(height=3.0)
    months = [verdict.horizon_months * i / 50 for i in range(51)]
    for row in rows:
        monthly = (row.usd_per_request or 0.0) * verdict.requests_per_month
        start = row.upfront_usd or 0.0
        axes.plot(months, [start + monthly * m for m in months], label=row.name)
    if verdict.shutdown_on:
        left = (verdict.shutdown_on - verdict.decided_on).days / 30.44
        if left <= verdict.horizon_months:
            axes.axvline(left, color=_COLOURS["failed"], linestyle=":")
            axes.annotate(
                "base switched off", (left, 0), (4, 4), textcoords="offset points"
            )
    axes.set_xlabel("months from now")
    axes.set_ylabel("USD, cumulative")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, labelcolor="#000000")
    return _svg(figure)


def pareto(rows: Sequence[Measured]) -> list[Measured]:
    """Those that nothing else beats in both price and quality, cheapest first."""
    front: list[Measured] = []
    for row in sorted(rows, key=lambda r: (r.usd_per_request or 0.0, -r.quality)):
        if not front or row.quality > front[-1].quality:
            front.append(row)
    return front


def _draw_bar(axes: Axes, verdict: Verdict, *, vertical: bool) -> None:
    line, span = (
        (axes.axvline, axes.axvspan) if vertical else (axes.axhline, axes.axhspan)
    )
    line(verdict.bar, color="#4575b4", linewidth=1)
    span(verdict.bar - verdict.margin, verdict.bar, color="#4575b4", alpha=0.15)


def _figure(*, height: float) -> tuple[Any, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, height), layout="constrained")
    axes = figure.subplots()
    axes.patch.set_alpha(0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _svg(figure: Any) -> str:
    """The figure as SVG: text stays text, black becomes the page's own colour."""
    import matplotlib as mpl

    out = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "suffice"}):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    text = out.getvalue()
    text = text[text.index("<svg") :].replace("#000000", "currentColor")
    text = re.sub(r'<svg ([^>]*?)width="[^"]*"', r"<svg \1", text, count=1)
    text = re.sub(r'<svg ([^>]*?)height="[^"]*"', r"<svg \1", text, count=1)
    return re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
