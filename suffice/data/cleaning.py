"""
A cleaned copy of the examples and a log of every change; the original stays as it is.

Dropped: lines that are no example, copies, and examples that give the test away.
Masked: secrets, and personal data where asked.  Conflicts, suspected labels and odd
forms are left alone: only a person can say which side is right.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from suffice.data.disk import write
from suffice.data.lines import Line, open_lines
from suffice.data.parsing import Problem, parse
from suffice.data.sensitive import Mask
from suffice.errors import BadExamples

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is done to one line, and why."""

    where: str
    action: Literal["drop", "mask"]
    why: str
    personal: bool = False
    """Whether it is about personal data only, and so done only where asked."""


def plan(frame: pd.DataFrame) -> tuple[Change, ...]:
    """What cleaning would do to the rows of the feature table, in their order."""
    changes = []
    for row in frame.to_dict("records"):
        where = str(row["where"])
        if not row["usable"]:
            changes.append(Change(where=where, action="drop", why=str(row["detail"])))
        elif row["duplicate"]:
            why = f"a copy of {row['duplicate_of']}"
            changes.append(Change(where=where, action="drop", why=why))
        elif row["removed"]:
            why = f"it gives away {row['removed_of']}"
            changes.append(Change(where=where, action="drop", why=why))
        elif row["secret"]:
            why = str(row["secret_detail"])
            changes.append(Change(where=where, action="mask", why=why))
        elif row["personal"]:
            why = str(row["personal_detail"])
            changes.append(Change(where=where, action="mask", why=why, personal=True))
    return tuple(changes)


def write_clean(
    source: str,
    target: str,
    changes: tuple[Change, ...],
    *,
    mask_personal: bool = False,
) -> str:
    """
    Write the chat JSONL of *source* with *changes* made to *target*.

    Beside it comes *target* with ``.changes.jsonl`` added, whose name is returned.
    Raises `BadExamples` where *target* is *source*, or *source* is no JSONL.
    """
    if target == source:
        raise BadExamples(f"{target!r} is the original; name another file to write.")
    if (
        not source.removesuffix(".gz")
        .removesuffix(".zst")
        .endswith((".jsonl", ".json"))
    ):
        raise BadExamples(f"{source!r} is no JSONL; only JSONL can be cleaned.")
    wanted = {change.where: change for change in changes}
    mask = Mask(secrets_only=not mask_personal)
    kept, made = [], []
    for line in open_lines(source):
        change = wanted.get(line.where)
        if change is not None and not mask_personal and change.personal:
            change = None
        if change is not None:
            made.append(change)
        clean = _cleaned(line, change, mask)
        if clean is not None:
            kept.append(clean + b"\n")
    write(target, b"".join(kept))
    log = f"{target}.changes.jsonl"
    text = "".join(json.dumps(asdict(c), ensure_ascii=False) + "\n" for c in made)
    write(log, text.encode())
    return log


def _cleaned(line: Line, change: Change | None, mask: Mask) -> bytes | None:
    """The line as it is to stand in the copy; ``None`` where it is not to."""
    if change is None:
        return line.data.rstrip(b"\r") if line.data.strip() else None
    row = parse(line) if change.action == "mask" else None
    if row is None or isinstance(row, Problem):
        return None
    return json.dumps(_masked(row, mask), ensure_ascii=False).encode()


def _masked(value: Any, mask: Mask) -> Any:
    if isinstance(value, str):
        return mask.apply(value)
    if isinstance(value, dict):
        return {key: _masked(inner, mask) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, mask) for inner in value]
    return value
