"""``suffice replay``: what the engine would have decided on published outcomes."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from suffice.app import exits
from suffice.economics.prices import load_prices
from suffice.economics.rehearse import rehearse
from suffice.economics.rehearse import to_markdown as rehearsed_markdown
from suffice.economics.replay import Assumptions, replay, to_markdown
from suffice.economics.replay_rows import Outcome, read_outcomes
from suffice.errors import UnusableInput

SEED = 7


def run(
    tables: Sequence[Path],
    assumed: Assumptions,
    *,
    on: date,
    prices: Path | None = None,
    n_rehearsed: int = 0,
) -> int:
    """
    Print the verdict and the regret of every task, table by table, as Markdown.

    With *n_rehearsed* also how often a test set of so many answers would mislead.
    """
    book = load_prices(prices)
    for path in tables:
        tasks = read_table(path)
        sys.stdout.write(f"## {path.name}\n\n")
        sys.stdout.write(to_markdown(replay(tasks, book=book, on=on, assumed=assumed)))
        sys.stdout.write("\n")
        if n_rehearsed:
            _rehearse(tasks, assumed, on=on, prices=prices, n=n_rehearsed)
    return exits.VERDICT


def read_table(path: Path) -> dict[str, list[Outcome]]:
    """
    The tasks of one CSV file.

    Raises `UnusableInput` naming the file when it cannot be read or replayed.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableInput(f"Cannot read the table {str(path)!r}: {error}.") from error
    try:
        return read_outcomes(text.splitlines())
    except UnusableInput as error:
        raise UnusableInput(f"{path}: {error}") from error


def _rehearse(
    tasks: Mapping[str, Sequence[Outcome]],
    assumed: Assumptions,
    *,
    on: date,
    prices: Path | None,
    n: int,
) -> None:
    import numpy as np

    found = rehearse(
        tasks,
        book=load_prices(prices),
        on=on,
        rng=np.random.default_rng(SEED),
        assumed=assumed,
        n=n,
    )
    sys.stdout.write(f"Rehearsed on test sets of {n} answers:\n\n")
    sys.stdout.write(rehearsed_markdown(found) + "\n")
