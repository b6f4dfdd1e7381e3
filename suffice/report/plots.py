"""
The ladder in pictures: quality with its interval, alone and against the price.

Candidates carry the numbers of their rows in the table beside the plots, so that no
label can hide another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from suffice.report.svg import BAR, COLOURS, MARKS, figure, svg
from suffice.results import Measured, Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LONGEST = 24
_CLOSE = 1.5


def ladder(verdict: Verdict) -> str:
    """Quality with its interval, rung by rung, and the bar."""
    rows = list(verdict.ladder)
    made, axes = figure(height=0.8 + 0.42 * len(rows))
    for y, row in enumerate(rows):
        axes.errorbar(
            [row.quality],
            [y],
            xerr=_span(row),
            fmt=MARKS[row.ruling],
            color=COLOURS[row.ruling],
            capsize=4,
        )
    _draw_bar(axes, verdict, vertical=True)
    several = len({r.model for r in rows if r.rung != "floor"}) > 1
    names = [_name(n, row, with_model=several) for n, row in enumerate(rows, 1)]
    axes.set_yticks(range(len(rows)), names)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(_least(verdict), 1.02)
    axes.set_xlabel("quality, with its interval; shaded: bar less margin")
    return svg(made)


def price(verdict: Verdict) -> str | None:
    """
    Quality against dollars for a thousand requests; ``None`` without prices.

    The axis is logarithmic; what costs nothing stands at its left end.
    """
    numbered = [
        (n, row, 1000 * row.usd_per_request)
        for n, row in enumerate(verdict.ladder, 1)
        if row.usd_per_request is not None
    ]
    if not numbered:
        return None
    made, axes = figure(height=3.4)
    free = _free_at([usd for _, _, usd in numbered])
    front = pareto([row for _, row, _ in numbered])
    places = [usd or free for _, _, usd in numbered]
    for (n, row, _), at in zip(numbered, places, strict=True):
        _point(axes, n, row, at=at, places=places, best=row in front)
    _draw_front(axes, front, free)
    _draw_bar(axes, verdict, vertical=False)
    _price_axis(axes, [usd for _, _, usd in numbered], free)
    axes.set_ylim(_least(verdict), 1.04)
    axes.set_ylabel("quality")
    return svg(made)


def pareto(rows: Sequence[Measured]) -> list[Measured]:
    """Those that nothing else beats in both price and quality, cheapest first."""
    front: list[Measured] = []
    for row in sorted(rows, key=lambda r: (r.usd_per_request or 0.0, -r.quality)):
        if not front or row.quality > front[-1].quality:
            front.append(row)
    return front


def _point(
    axes: Axes,
    number: int,
    row: Measured,
    *,
    at: float,
    places: Sequence[float],
    best: bool,
) -> None:
    axes.errorbar(
        [at],
        [row.quality],
        yerr=_span(row),
        fmt=MARKS[row.ruling],
        color=COLOURS[row.ruling],
        markersize=9 if best else 6,
        capsize=3,
    )
    left = _crowded(at, places)
    axes.annotate(
        str(number),
        (at, row.quality),
        (-7 if left else 7, 5),
        textcoords="offset points",
        ha="right" if left else "left",
    )


def _crowded(at: float, all_at: Sequence[float]) -> bool:
    """Whether another candidate stands just to the right, where its number would."""
    return any(1 < other / at < _CLOSE for other in all_at)


def _least(verdict: Verdict) -> float:
    """Where the quality axis begins: it need not show what no candidate reaches."""
    lows = [row.quality_low for row in verdict.ladder]
    return max(-0.02, min([*lows, verdict.bar - verdict.margin]) - 0.06)


def _span(row: Measured) -> list[list[float]]:
    return [
        [max(0.0, row.quality - row.quality_low)],
        [max(0.0, row.quality_high - row.quality)],
    ]


def _name(number: int, row: Measured, *, with_model: bool) -> str:
    name = f"{number}  {row.rung}"
    if not with_model or row.rung == "floor":
        return name
    model = ":".join(row.model.split(":")[:2]).rpartition("/")[2]
    return f"{name}\n{model[:_LONGEST]}"


def _free_at(dollars: Sequence[float]) -> float:
    """Where on the logarithmic axis *nothing* is put: well left of the cheapest."""
    paid = [usd for usd in dollars if usd > 0]
    return min(paid) / 10 if paid else 1.0


def _draw_front(axes: Axes, front: Sequence[Measured], free: float) -> None:
    axes.plot(
        [1000 * (row.usd_per_request or 0.0) or free for row in front],
        [row.quality for row in front],
        color="#000000",
        linewidth=0.8,
        linestyle=":",
        drawstyle="steps-post",
        zorder=0,
    )


def _price_axis(axes: Axes, dollars: Sequence[float], free: float) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

    paid = [usd for usd in dollars if usd > 0]
    axes.set_xscale("log")
    axes.set_xlabel("USD per 1,000 requests (logarithmic)")
    high = max(paid, default=free)
    low = free if len(paid) < len(dollars) else min(paid)
    axes.set_xlim(low / 1.6, max(high, low) * 2)
    if paid:
        locator = LogLocator(subs=(1.0, 2.0, 5.0) if high / low < 100 else (1.0,))
        marks = [
            float(v)
            for v in locator.tick_values(low, high)
            if min(paid) / 2 < v < high * 2
        ]
    else:
        marks = []
    if len(paid) < len(dollars):
        marks = [free, *marks]
    axes.xaxis.set_major_locator(FixedLocator(marks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda v, _: "$0" if v == free else f"${v:g}")
    )


def _draw_bar(axes: Axes, verdict: Verdict, *, vertical: bool) -> None:
    line, span = (
        (axes.axvline, axes.axvspan) if vertical else (axes.axhline, axes.axhspan)
    )
    line(verdict.bar, color=BAR, linewidth=1)
    span(verdict.bar - verdict.margin, verdict.bar, color=BAR, alpha=0.15)
