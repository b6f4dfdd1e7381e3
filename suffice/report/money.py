"""
Money in pictures: what each good candidate costs in all, and what that hangs on.

The sums come from the economics; this only draws and writes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suffice.report.svg import COLOURS, LINES, STYLES, figure, svg
from suffice.results import Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DAYS_PER_MONTH = 365.25 / 12
_MOST_CURVES = len(LINES)


@dataclass(frozen=True, kw_only=True)
class CostCurve:
    """Dollars one candidate has cost in all, by month."""

    label: str
    months: Sequence[float]
    low_usd: Sequence[float]
    usd: Sequence[float]
    high_usd: Sequence[float]


@dataclass(frozen=True, kw_only=True)
class TornadoBar:
    """How the total cost of the chosen candidate moves with one quantity."""

    label: str
    low_value: str
    high_value: str
    low_usd: float
    high_usd: float
    flips: str
    """What the verdict does at either end, in words."""


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
        """Every curve with its range, at about a dozen months."""
        months = self.curves[0].months if self.curves else ()
        step = max(1, len(months) // 12)
        kept = sorted({*range(0, len(months), step), len(months) - 1} - {-1})
        return tuple(
            CostRow(
                month=months[i],
                cells=tuple(
                    f"${c.usd[i]:,.2f} (${c.low_usd[i]:,.2f} to ${c.high_usd[i]:,.2f})"
                    for c in self.curves
                ),
            )
            for i in kept
        )

    @property
    def tornado_caption(self) -> str:
        """What the bars are."""
        return (
            f"Each bar: the total over the horizon, ${self.total_usd:,.2f} as "
            "expected, when one quantity goes from its low to its high value and all "
            "else stays."
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
            label=curve.label,
        )
    top = max(c.usd[-1] for c in costs.curves[:_MOST_CURVES])
    most = max(c.high_usd[-1] for c in costs.curves[:_MOST_CURVES])
    axes.set_ylim(0, max(top * 1.1, min(most, top * 2), 1e-9))
    axes.set_xlim(0, verdict.horizon_months)
    if verdict.shutdown_on:
        left = (verdict.shutdown_on - verdict.decided_on).days / DAYS_PER_MONTH
        if left <= verdict.horizon_months:
            _mark(axes, left, "base switched off", COLOURS["failed"], 0.97)
    if costs.break_even_month is not None:
        _mark(axes, costs.break_even_month, "break-even", COLOURS["passed"], 0.85)
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
            axes.barh(
                y,
                usd - costs.total_usd,
                left=costs.total_usd,
                height=0.55,
                color=COLOURS["failed" if usd > costs.total_usd else "passed"],
            )
            if abs(usd - costs.total_usd) > 0:
                beyond = usd >= costs.total_usd
                axes.annotate(
                    value,
                    (usd, y),
                    (4 if beyond else -4, 0),
                    textcoords="offset points",
                    ha="left" if beyond else "right",
                    va="center",
                    fontsize=8,
                )
    axes.axvline(costs.total_usd, color="#000000", linewidth=0.8)
    axes.margins(x=0.2)
    axes.set_yticks(range(len(costs.bars)), [b.label for b in costs.bars])
    axes.invert_yaxis()
    axes.set_xlabel("total over the horizon, USD")
    return svg(made)


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
