"""
A cleaned copy of the examples and a log of every change; the original stays as it is.

Dropped: lines that are no example, copies, and examples that give the test away.
Masked: secrets, and personal data where asked.  Conflicts, suspected labels and odd
forms are left alone: only a person can say which side is right.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from suffice.brief import Columns
from suffice.data import disk, storage
from suffice.data.lines import Line, read_lines
from suffice.data.parsing import Problem, parse
from suffice.data.reading import is_table, rows
from suffice.data.sensitive import Mask
from suffice.data.unpacking import Limits
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


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """A copy, and what was changed in it."""

    target: str
    log: str
    """File of the changes, one JSON object a line."""
    n_kept: int
    """Rows of the copy, masked ones included."""
    changes: tuple[Change, ...]


def plan(frame: pd.DataFrame) -> tuple[Change, ...]:
    """What cleaning would do to the rows of the feature table, in their order."""
    flags = ["duplicate", "removed", "secret", "personal"]
    concerned = frame[(frame["usable"] == 0) | (frame[flags] == 1).any(axis=1)]
    return tuple(_change(row) for row in concerned.to_dict("records"))


def _change(row: dict[Any, Any]) -> Change:
    where = str(row["where"])
    if not row["usable"]:
        return Change(where=where, action="drop", why=str(row["detail"]))
    if row["duplicate"] == 1:
        why = f"a copy of {row['duplicate_of']}"
        return Change(where=where, action="drop", why=why)
    if row["removed"] == 1:
        why = f"it gives away {row['removed_of']}"
        return Change(where=where, action="drop", why=why)
    if row["secret"] == 1:
        return Change(where=where, action="mask", why=str(row["secret_detail"]))
    why = str(row["personal_detail"])
    return Change(where=where, action="mask", why=why, personal=True)


def told(changes: Sequence[Change]) -> tuple[str, ...]:
    """
    What the changes come to, in sentences.

    >>> told([Change(where="a:1", action="drop", why="a copy of a:7"),
    ...       Change(where="a:2", action="mask", why="a card number", personal=True)])
    ('drop 1 row: a copy of another row', 'mask 1 row, if asked: a card number')
    """
    counts = Counter((c.action, c.personal, _reason(c)) for c in changes)
    return tuple(
        f"{action} {n:,} row{'s' * (n > 1)}{', if asked' * personal}: {why}"
        for (action, personal, why), n in counts.most_common()
    )


def _reason(change: Change) -> str:
    if change.why.startswith("a copy of "):
        return "a copy of another row"
    if change.why.startswith("it gives away "):
        return "a test example or a near twin of one"
    return change.why


def write_clean(
    source: str,
    target: str,
    changes: Sequence[Change],
    *,
    columns: Columns | None = None,
    mask: Mask | None = None,
) -> Cleaned:
    """
    Write the rows of *source* with *changes* made to *target*, as chat JSONL.

    Beside it comes *target* with ``.changes.jsonl`` added.  Lines that are not changed
    stay byte for byte where *source* is JSONL.  *mask* says what is masked, secrets
    only if not given; give the same to another copy and the names agree.  Raises
    `BadExamples` where *target* is one of the files read, and `EnvironmentFailed`
    where it cannot be written.
    """
    originals = storage.find(source)
    if any(disk.same(target, original) for original in originals):
        raise BadExamples(f"{target!r} is the original; name another file to write.")
    mask = mask or Mask(secrets_only=True)
    wanted = {c.where: c for c in changes if not (c.personal and mask.secrets_only)}
    made: list[Change] = []
    n_kept = 0
    with disk.replacing(target) as copy:
        for where, text, row in _written(originals, columns or Columns()):
            change = wanted.get(where)
            made += [change] if change else []
            clean = text if change is None else _cleaned(row, change, mask)
            if clean is not None:
                n_kept += 1
                copy.write(clean + b"\n")
    log = f"{target}.changes.jsonl"
    lines = (json.dumps(asdict(c), ensure_ascii=False) + "\n" for c in made)
    disk.write(log, "".join(lines).encode())
    return Cleaned(target=target, log=log, n_kept=n_kept, changes=tuple(made))


def _written(files: Sequence[str], columns: Columns) -> Iterator[_Written]:
    """Place, text and content of every row; a text only where it is fit to stay."""
    for file in files:
        if is_table(file):
            for where, row in rows(file, columns):
                good = not isinstance(row, Problem)
                yield where, (_encoded(row) if good else None), row
        else:
            for line in read_lines(file, Limits()):
                if line.data.strip():
                    yield line.where, line.data.rstrip(b"\r"), line


_Written = tuple[str, bytes | None, Line | dict[str, Any] | Problem]


def _cleaned(
    row: Line | dict[str, Any] | Problem, change: Change, mask: Mask
) -> bytes | None:
    """A changed row as it is to stand in the copy; ``None`` where it is not to."""
    if change.action == "drop":
        return None
    found = parse(row) if isinstance(row, Line) else row
    return None if isinstance(found, Problem) else _encoded(_masked(found, mask))


def _encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _masked(value: Any, mask: Mask) -> Any:
    if isinstance(value, str):
        return mask.apply(value)
    if isinstance(value, dict):
        return {key: _masked(inner, mask) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, mask) for inner in value]
    return value
