"""``suffice stop`` and ``suffice ledger --verify``: nothing more, and nothing less."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from suffice.app import exits
from suffice.errors import UnusableInput
from suffice.tuning.ledger import Ledger, stop_told
from suffice.tuning.ledger_chain import Head

_DIGITS = 64


def stop(where: Path | str, why: str) -> int:
    """Stop new spending of every process that uses this ledger."""
    with Ledger(where) as ledger:
        ledger.stop(why)
        found = ledger.stopped()
    assert found is not None  # It was stopped just now, or earlier.
    _say(stop_told(*found))
    _say("Jobs that were paid for go on, and calls in flight end; nothing new is paid.")
    return exits.VERDICT


def lift(where: Path | str, why: str) -> int:
    """Let spending go on."""
    with Ledger(where) as ledger:
        was = ledger.stopped()
        ledger.lift(why)
    _say("Spending was not stopped." if was is None else "Spending may go on.")
    return exits.VERDICT


def verify(where: Path | str, noted: str | None) -> int:
    """Print whether the ledger was altered, and the end to compare with later."""
    seen = None if noted is None else read_head(noted)
    if isinstance(where, Path) and not where.exists():
        _say(f"There is no ledger at {where}: it was deleted, or nothing was paid for.")
        return exits.VERDICT if seen is None else exits.NOTHING_ACCEPTABLE
    with Ledger(where) as ledger:
        found = ledger.verify(seen)
    for fault in found.faults:
        _say(fault)
    if found.faults:
        return exits.NOTHING_ACCEPTABLE
    _say(
        f"{found.head.n_moves} moves of {found.n_entries} entries fit, and "
        f"${found.spent_usd:.4f} was spent: nothing was altered or deleted."
    )
    _say(f"Its end, to note elsewhere and give to --head later: {found.head}")
    return exits.VERDICT


def read_head(written: str) -> Head:
    """
    An end as it was printed.

    Raises `UnusableInput` for anything else.

    >>> read_head("12:" + "a" * 64).n_moves
    12
    """
    number, _, chain = written.strip().partition(":")
    if not number.isdecimal() or len(chain) != _DIGITS:
        raise UnusableInput(
            f"--head is {written!r}; give what 'suffice ledger --verify' printed, a "
            "number and 64 hexadecimal digits with a colon between them."
        )
    return Head(n_moves=int(number), chain=chain)


def _say(sentence: str) -> None:
    Console(highlight=False, soft_wrap=True).print(sentence, markup=False)
