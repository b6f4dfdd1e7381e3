"""Price rows written as TOML, as `suffice.economics.price_rows` reads them."""

from __future__ import annotations

from collections.abc import Sequence

from suffice.economics.price import Price
from suffice.economics.price_rows import DATES, NUMBERS, PER_MTOK


def to_toml(rows: Sequence[Price]) -> str:
    """Rows as a price file has them; what is unknown is left out."""
    return "\n".join(_row(row) for row in rows)


def _row(price: Price) -> str:
    lines = ["[[price]]"]
    lines += [f"{k} = {_text(getattr(price, k))}" for k in ("model", "provider")]
    lines.append(f"kind = {_text(price.kind)}")
    lines += [f"{k} = {day}" for k, f in DATES.items() if (day := getattr(price, f))]
    known = {k: v for k, f in PER_MTOK.items() if (v := getattr(price, f)) is not None}
    if known:
        told = ", ".join(f"{k} = {float(v)!r}" for k, v in known.items())
        lines.append(f"usd_per_mtok = {{ {told} }}")
    for name in NUMBERS:
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
