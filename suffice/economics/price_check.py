"""Where two price books disagree, and rows written as TOML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from suffice.economics.price import Price
from suffice.economics.prices import PriceBook

_COMPARED = {
    "input": "input_usd_per_mtok",
    "cached_input": "cached_usd_per_mtok",
    "cache_write": "cache_write_usd_per_mtok",
    "output": "output_usd_per_mtok",
}
_SAME = 0.001


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """One price that two sources give differently."""

    model: str
    what: str
    ours_usd: float | None
    theirs_usd: float
    ours_from: date
    theirs_from: date
    ours_checked: date | None
    verified: bool
    """Whether our row is said to be verified."""

    @property
    def ratio(self) -> float | None:
        """Theirs over ours; ``None`` where ours is unknown or 0."""
        return self.theirs_usd / self.ours_usd if self.ours_usd else None


def disagreements(
    ours: PriceBook, theirs: Iterable[Price], on: date
) -> tuple[Disagreement, ...]:
    """
    Prices that hold on that day, are known to both, and differ by more than 0.1 %.

    A price that only they know is among them; one that only we know is not.
    """
    found = []
    for other in theirs:
        row = ours.price(other.model, on) if other.holds(on) else None
        # A row found under a shorter name is not about the same thing.
        if row is None or row.model != other.model or row.kind != "tokens":
            continue
        for what, field in _COMPARED.items():
            mine, their = getattr(row, field), getattr(other, field)
            if their is None or _same(mine, their):
                continue
            found.append(
                Disagreement(
                    model=row.model,
                    what=what,
                    ours_usd=mine,
                    theirs_usd=their,
                    ours_from=row.from_date,
                    theirs_from=other.from_date,
                    ours_checked=row.checked_on,
                    verified=row.verified,
                )
            )
    return tuple(sorted(found, key=lambda d: (d.model, d.what)))


def _same(mine: float | None, their: float) -> bool:
    if mine is None:
        return False
    return abs(mine - their) <= _SAME * max(abs(mine), abs(their))


def to_toml(rows: Sequence[Price]) -> str:
    """Rows as a price file has them; what is unknown is left out."""
    return "\n".join(_row(row) for row in rows)


_NUMBERS = (
    "batch_multiplier",
    "flex_multiplier",
    "priority_multiplier",
    "cpu_usd_per_hour",
    "hosting_usd_per_hour",
    "min_charge_usd",
    "cache_min_tokens",
    "cache_ttl_s",
    "context_tokens",
)
_DAYS = {
    "to": "to_date",
    "shutdown": "shutdown_on",
    "trainable_until": "trainable_until",
    "checked": "checked_on",
}


def _row(price: Price) -> str:
    lines = ["[[price]]"]
    lines += [f"{k} = {_text(getattr(price, k))}" for k in ("model", "provider")]
    lines += [f"kind = {_text(price.kind)}", f"from = {price.from_date}"]
    lines += [f"{k} = {day}" for k, f in _DAYS.items() if (day := getattr(price, f))]
    per_mtok = {**_COMPARED, "training": "training_usd_per_mtok"}
    known = {k: v for k, f in per_mtok.items() if (v := getattr(price, f)) is not None}
    if known:
        told = ", ".join(f"{k} = {float(v)!r}" for k, v in known.items())
        lines.append(f"usd_per_mtok = {{ {told} }}")
    for name in _NUMBERS:
        if (number := getattr(price, name)) is not None:
            lines.append(f"{name} = {number!r}")
    for name in ("source", "seen_in", "note"):
        if text := getattr(price, name):
            lines.append(f"{name} = {_text(text)}")
    lines.append(f"verified = {str(price.verified).lower()}")
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'
