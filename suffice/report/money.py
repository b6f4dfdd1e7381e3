"""
Money in pictures: what each good candidate costs in all, and what that hangs on.

The sums come from the economics; this only draws and writes them.
"""

from __future__ import annotations

import textwrap
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from suffice.report.svg import COLOURS, LINES, STYLES, figure, svg
from suffice.results import Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DAYS_PER_MONTH = 365.25 / 12
_MOST_CURVES = len(LINES)
_ROWS = 12
_LEGEND_CHARACTERS = 48


@dataclass(frozen=True, kw_only=True)
class CostCurve:
    """Dollars one candidate has cost in all, by month."""

    label: str
    months: Sequence[float]
    low_usd: Sequence[float]
    usd: Sequence[float]
    high_usd: Sequence[float]

    def at(self, month: float) -> str:
        """Dollars so far with their range, payments of that day included."""
        i = bisect_right(self.months, month + 1e-9) - 1
        low, usd, high = self.low_usd[i], self.usd[i], self.high_usd[i]
        return f"${usd:,.2f} (${low:,.2f} to ${high:,.2f})"


@dataclass(frozen=True, kw_only=True)
class TornadoBar:
    """How the total cost of the chosen candidate moves with one quantity."""

    label: str
    low_value: str
    high_value: str
    low_usd: float | None
    """``None``: the candidate is no longer acceptable there, or a price is unknown."""
    high_usd: float | None
    flips: str
    """What the verdict does at either end, in words."""
    changes: bool = False
    """Whether the choice changes at one of its ends."""


@dataclass(frozen=True, kw_only=True)
class CostRow:
    """One month in the table behind the plot."""

    month: float
    cells: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What the report shows of money over time."""

    curves: tuple[CostCurve, ...]
    bars: tuple[TornadoBar, ...] = ()
    total_usd: float = 0.0
    """Of the chosen candidate over the horizon, as expected."""
    band: str = ""
    """What the bands are, in words."""
    break_even: str = ""
    """When the chosen candidate has paid for itself, in a sentence."""
    break_even_month: float | None = None

    @property
    def table(self) -> tuple[CostRow, ...]:
        """Every curve with its range, at a dozen months."""
        if not self.curves:
            return ()
        last = self.curves[0].months[-1]
        months = [last * i / _ROWS for i in range(_ROWS + 1)]
        return tuple(
            CostRow(month=t, cells=tuple(c.at(t) for c in self.curves)) for t in months
        )

    @property
    def tornado_caption(self) -> str:
        """What the bars are."""
        return (
            f"Each bar: the total over the horizon, ${self.total_usd:,.2f} as "
            "expected, when one quantity goes from its low to its high value and all "
            "else stays. * the choice changes at one of its ends."
        )


def cumulative(verdict: Verdict, costs: Costs) -> str | None:
    """Dollars in all, month by month, with bands; ``None`` without any curve."""
    if not costs.curves:
        return None
    made, axes = figure(height=3.5)
    for i, curve in enumerate(costs.curves[:_MOST_CURVES]):
        axes.fill_between(
            curve.months, curve.low_usd, curve.high_usd, color=LINES[i], alpha=0.13
        )
        axes.plot(
            curve.months,
            curve.usd,
            color=LINES[i],
            linestyle=STYLES[i],
            # A tuned model's name is longer than the figure is wide.
            label=textwrap.fill(curve.label, _LEGEND_CHARACTERS),
        )
    top = max(c.usd[-1] for c in costs.curves[:_MOST_CURVES])
    most = max(c.high_usd[-1] for c in costs.curves[:_MOST_CURVES])
    axes.set_ylim(0, max(top * 1.1, min(most, top * 2), 1e-9))
    axes.set_xlim(0, verdict.horizon_months)
    _mark_days(axes, verdict, costs)
    axes.yaxis.set_major_formatter(_thousands())
    axes.set_xlabel("months from now")
    axes.set_ylabel("USD in all")
    axes.legend(
        frameon=False, labelcolor="#000000", loc="upper left", bbox_to_anchor=(0, -0.16)
    )
    return svg(made)


def tornado(costs: Costs) -> str | None:
    """The quantities, the most telling first; ``None`` without any."""
    if not costs.bars:
        return None
    made, axes = figure(height=0.9 + 0.38 * len(costs.bars))
    for y, bar in enumerate(costs.bars):
        for value, usd in (
            (bar.low_value, bar.low_usd),
            (bar.high_value, bar.high_usd),
        ):
            if usd is not None and usd != costs.total_usd:
                _half(axes, y, value, usd, costs.total_usd)
    axes.axvline(costs.total_usd, color="#000000", linewidth=0.8)
    axes.margins(x=0.25)
    axes.set_yticks(
        range(len(costs.bars)), [b.label + " *" * b.changes for b in costs.bars]
    )
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(_thousands())
    axes.set_xlabel("total over the horizon, USD")
    return svg(made)


def _mark_days(axes: Axes, verdict: Verdict, costs: Costs) -> None:
    if verdict.shutdown_on:
        left = (verdict.shutdown_on - verdict.decided_on).days / DAYS_PER_MONTH
        if left <= verdict.horizon_months:
            _mark(axes, left, "base switched off", COLOURS["failed"], 0.97)
    if costs.break_even_month is not None:
        _mark(axes, costs.break_even_month, "break-even", COLOURS["passed"], 0.85)


def _thousands() -> Any:
    from matplotlib.ticker import FuncFormatter

    return FuncFormatter(lambda usd, _: f"{usd:,.5g}" if usd < 1e5 else f"{usd:,.0f}")


def _half(axes: Axes, y: int, value: str, usd: float, total_usd: float) -> None:
    """One end of a bar, with the value that the quantity has there."""
    beyond = usd > total_usd
    colour = COLOURS["failed" if beyond else "passed"]
    axes.barh(y, usd - total_usd, left=total_usd, height=0.55, color=colour)
    axes.annotate(
        value,
        (usd, y),
        (4 if beyond else -4, 0),
        textcoords="offset points",
        ha="left" if beyond else "right",
        va="center",
    )


def _mark(axes: Axes, month: float, text: str, colour: str, height: float) -> None:
    axes.axvline(month, color=colour, linestyle=":")
    late = month > 0.6 * axes.get_xlim()[1]
    axes.annotate(
        text,
        (month, height),
        (-4 if late else 4, 0),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="right" if late else "left",
        va="top",
    )
