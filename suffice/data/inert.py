"""Text from elsewhere, shown where it could do something: in tables and terminals."""

from __future__ import annotations

import re
import unicodedata

_FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?%?")
_KEPT = {"\n", "\t"}


def cell(text: str) -> str:
    """
    *text* for a CSV file: what a spreadsheet would run is preceded by an apostrophe.

    >>> cell("=1+1"), cell("-5.2"), cell("yes")
    ("'=1+1", '-5.2', 'yes')
    """
    begins = text.lstrip(" \u00a0\ufeff").startswith(_FORMULA)
    return f"'{text}" if begins and not _NUMBER.fullmatch(text) else text


def shown(text: str) -> str:
    r"""
    *text* for a terminal: escape sequences and other control characters are spelt.

    >>> shown("red: \x1b[31m")
    'red: \\x1b[31m'
    """
    return "".join(
        c if c in _KEPT or unicodedata.category(c) not in ("Cc", "Cf") else _spelt(c)
        for c in text
    )


def _spelt(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
