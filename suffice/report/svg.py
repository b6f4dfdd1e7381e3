"""
Figures as SVG text that follows the page's colours, light, dark or printed.

Text stays text, so that it can be searched, read aloud and scaled; a figure's colours
become the page's own variables.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"passed": "#14773d", "failed": "#b3261e", "inconclusive": "#9a5b00"}
MARKS = {"passed": "o", "failed": "X", "inconclusive": "D"}
BAR = "#2f5fa8"
LINES = ("#2f5fa8", "#9a5b00", "#14773d", "#7a3fa0", "#b3261e")
"""One after the other for candidates drawn side by side."""
STYLES = ("-", "--", "-.", ":", "-")
"""Beside the colours, for those who cannot tell them apart and for grey paper."""

_VARIABLES = {
    "#14773d": "var(--pass)",
    "#b3261e": "var(--fail)",
    "#9a5b00": "var(--open)",
    "#2f5fa8": "var(--bar)",
    "#7a3fa0": "var(--violet)",
    "#000000": "currentColor",
}
_WIDTH_IN = 5.6
"""A phone shows this width with letters of 9 pixels; wider screens with larger ones."""


def figure(*, height: float) -> tuple[Any, Axes]:
    """An empty figure with one pair of axes, and the axes."""
    from matplotlib.figure import Figure

    made = Figure(figsize=(_WIDTH_IN, height), layout="constrained")
    axes = made.subplots()
    axes.patch.set_alpha(0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return made, axes


def svg(made: Any) -> str:
    """The figure as SVG, without a date, a number or a name that changes by itself."""
    import matplotlib as mpl
    from matplotlib.text import Text

    for label in made.findobj(Text):
        label.set_parse_math(False)  # A model may be called "$x$", and dollars are.
    out = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "suffice"}):
        made.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, variable)
    for size in ("width", "height"):
        text = re.sub(rf'<svg ([^>]*?){size}="[^"]*"', r"<svg \1", text, count=1)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    # The letters are the page's own; what matplotlib names is on few machines.
    return re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", text)
