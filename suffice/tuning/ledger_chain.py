"""
The ledger's history as a chain: each move carries a digest of all before it.

What was altered or deleted afterwards no longer fits.  Whoever may write the database
can work out a whole new chain; that shows only against an end noted elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

START = "0" * 64
"""What the first move follows."""
_MOVE = (
    "entry_id",
    "at",
    "state",
    "owner",
    "note",
    "reserved_usd",
    "spent_usd",
    "entry_digest",
)
_ENTRY = (
    "id",
    "kind",
    "provider",
    "key",
    "generation",
    "state",
    "provider_id",
    "pinned",
    "reserved_usd",
    "spent_usd",
    "climb_id",
    "attempts",
    "unknown_since",
    "created_at",
    "updated_at",
    "note",
    "result",
    "answers_usd",
)
"""All of an entry but who holds it for the moment."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """The end of a chain: worth noting down outside the database."""

    n_moves: int
    chain: str

    def __str__(self) -> str:
        return f"{self.n_moves}:{self.chain}"


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What came of reading the whole ledger again."""

    head: Head
    n_entries: int
    spent_usd: float
    """Added up from the history, not from the entries."""
    faults: tuple[str, ...]
    """One sentence each; empty when everything fits."""


def entry_digest(entry: Mapping[str, Any]) -> str:
    """Digest of what an entry says."""
    return _digest([entry[name] for name in _ENTRY])


def link(before: str, move: Mapping[str, Any]) -> str:
    """Digest of a move and, through *before*, of all that came before it."""
    return _digest([before, *(move[name] for name in _MOVE)])


def verify(
    moves: Sequence[Mapping[str, Any]],
    entries: Iterable[Mapping[str, Any]],
    head: Head,
    noted: Head | None = None,
) -> Verification:
    """
    Whether *moves*, oldest first, *entries* and *head* fit, and extend *noted*.

    *noted* is a head that was seen earlier and kept elsewhere.
    """
    last = {move["entry_id"]: move for move in moves if move["entry_id"]}
    there = {entry["id"]: entry for entry in entries}
    spent = [last[i]["spent_usd"] for i in sorted(last)]
    faults = [
        *_broken(moves, head),
        *_unlike(last, there),
        *_shortened(moves, noted),
    ]
    return Verification(
        head=head,
        n_entries=len(there),
        spent_usd=sum(s for s in spent if isinstance(s, int | float)),
        faults=tuple(faults),
    )


def _broken(moves: Sequence[Mapping[str, Any]], head: Head) -> Iterable[str]:
    before = START
    for number, move in enumerate(moves, 1):
        if link(before, move) != move["chain"]:
            yield (
                f"Move {number} of entry {move['entry_id']} was altered, or one before "
                "it was deleted."
            )
        before = move["chain"]
    if len(moves) != head.n_moves or before != head.chain:
        yield (
            f"The history has {len(moves)} moves and ends otherwise than was written "
            f"down after move {head.n_moves}: its end was altered or deleted."
        )


def _unlike(
    last: Mapping[int, Mapping[str, Any]], there: Mapping[int, Mapping[str, Any]]
) -> Iterable[str]:
    for number in sorted(last.keys() - there.keys()):
        yield f"Entry {number} was deleted: the history still has its moves."
    for number in sorted(there.keys() - last.keys()):
        yield f"Entry {number} has no moves: it was not written by this program."
    for number in sorted(there.keys() & last.keys()):
        if entry_digest(there[number]) != last[number]["entry_digest"]:
            yield f"Entry {number} is not as its last move left it: it was altered."


def _shortened(moves: Sequence[Mapping[str, Any]], noted: Head | None) -> Iterable[str]:
    if noted is None or noted == Head(n_moves=0, chain=START):
        return
    known = len(moves) >= noted.n_moves > 0
    if not known or moves[noted.n_moves - 1]["chain"] != noted.chain:
        yield (
            f"Move {noted.n_moves} is not the one that was noted: moves were deleted "
            "or written anew since."
        )


def _digest(values: Sequence[Any]) -> str:
    written = json.dumps(values, default=repr)
    return hashlib.sha256(written.encode()).hexdigest()
