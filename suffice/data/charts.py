"""Small bar charts of a set of examples, as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from suffice.data.sensitive import hide

MAX_BARS = 12


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar."""

    label: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A title and its bars, from top to bottom."""

    title: str
    bars: tuple[Bar, ...]

    @property
    def highest(self) -> int:
        """The longest bar; 1 where there is none."""
        return max((bar.count for bar in self.bars), default=1) or 1


def counted(title: str, values: Sequence[str]) -> Chart:
    """How often each value occurs, the commonest first; the rest as one bar."""
    counts = Counter(values).most_common()
    bars = [Bar(label=hide(v)[:40] or "(none)", count=n) for v, n in counts[:MAX_BARS]]
    rest = sum(n for _, n in counts[MAX_BARS:])
    if rest:
        bars.append(Bar(label=f"{len(counts) - MAX_BARS} others", count=rest))
    return Chart(title=title, bars=tuple(bars))


def spread(title: str, sizes: Sequence[float]) -> Chart:
    """
    How many values lie in each doubling.

    >>> [(b.label, b.count) for b in spread("tokens", [3, 5, 6, 40]).bars]
    [('2 to 3', 1), ('4 to 7', 2), ('8 to 15', 0), ('16 to 31', 0), ('32 to 63', 1)]
    """
    powers = Counter(max(0, int(size).bit_length() - 1) for size in sizes)
    if not powers:
        return Chart(title=title, bars=())
    return Chart(
        title=title,
        bars=tuple(
            Bar(label=f"{2**p if p else 0} to {2 ** (p + 1) - 1}", count=powers[p])
            for p in range(min(powers), max(powers) + 1)
        ),
    )
