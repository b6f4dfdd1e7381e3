"""
The examples as a small table of numbers, one row for each line that was read.

The expectations speak of this table, never of the text.  A value that does not apply
to a row (what roles has a line that is no JSON?) is null and is not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from suffice.data.measures import Measures
from suffice.data.parsing import Kind, Problem
from suffice.data.reading import ReadExamples
from suffice.data.repeats import find_repeats, quoted
from suffice.data.sensitive import describe
from suffice.data.splitting import Divided
from suffice.data.twins import Twins
from suffice.examples import Example
from suffice.measuring.tool_calls import mismatch

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float32]

_COLUMN_OF: Mapping[Kind, str] = {
    "unreadable": "readable",
    "shape": "shape_ok",
    "roles": "roles_ok",
    "last-message": "ends_assistant",
    "empty": "not_empty",
}
_FLAGS = (
    "duplicate",
    "near_duplicate",
    "conflict",
    "near_conflict",
    "leaked",
    "removed",
)
_TRAITS = ("secret", "personal", "call_mismatch", "instructed")
MARKS = ("off_form", "label_suspect")
"""Flags that only the whole set can give; see `features`."""
_TEXTS = (
    "where",
    "detail",
    *(f"{flag}_of" for flag in _FLAGS),
    *(f"{trait}_detail" for trait in (*_TRAITS, *MARKS)),
)
COLUMNS = (
    "where",
    "detail",
    *_COLUMN_OF.values(),
    "usable",
    "in_train",
    "in_dev",
    "in_test",
    "n_messages",
    "question_chars",
    "answer_chars",
    "tokens",
    "train_tokens",
    "trained",
    "control_characters",
    "untrimmed",
    "reviewed",
    *(name for flag in _FLAGS for name in (flag, f"{flag}_of")),
    *(name for trait in (*_TRAITS, *MARKS) for name in (trait, f"{trait}_detail")),
)
"""
Columns of the table, flags as 0 and 1.

``where`` file and line; ``detail`` why the line is no example; ``…_of`` the file and
line of the other row that a flag speaks of; ``tokens`` counted or estimated;
``train_tokens`` the same, null but for training examples;
``trained`` whether any answer has a weight; ``removed`` taken out of train and dev
because it gives away a test example; ``leaked`` still in there; ``reviewed`` null where
not said; ``untrimmed`` an answer that begins or ends with white space; ``instructed`` a
test question that stands in the instructions; ``secret``, ``personal`` and
``call_mismatch`` with what was found, never with the text itself.
"""


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What the table is made from."""

    reads: tuple[ReadExamples, ...]
    """The sources, test first where there is one of its own."""
    everything: tuple[Example, ...]
    """Their examples, in that order."""
    twins: Twins
    divided: Divided
    measures: Measures
    labels: tuple[str, ...]
    """What each answer says in few words, empty where they take too many forms."""
    instructions: str = ""
    """What the model is told before every question."""


def features(
    examined: Examined, marks: Mapping[str, Mapping[int, str]] | None = None
) -> pd.DataFrame:
    """
    The table: examples in the order of the sources, then the lines that are none.

    *marks* gives for each of `MARKS` the index of every row concerned, and the detail.
    """
    import numpy as np
    import pandas as pd

    everything = examined.everything
    columns: dict[str, Any] = dict.fromkeys((*_COLUMN_OF.values(), "usable"), 1.0)
    columns["where"] = [e.where for e in everything]
    columns["detail"] = ""
    columns |= _sizes(everything, examined.measures)
    columns |= _relations(examined)
    columns["train_tokens"] = np.where(
        columns["in_train"], examined.measures.tokens, np.nan
    )
    columns |= _details(examined, marks or {})
    problems = [p for read in examined.reads for p in read.problems]
    rows = pd.DataFrame(columns, index=range(len(everything)), columns=[*COLUMNS])
    bad = pd.DataFrame([_problem_row(p) for p in problems], columns=[*COLUMNS])
    numbers = dict.fromkeys(rows.columns.difference([*_TEXTS]), "float32")
    frames = [f.astype(numbers) for f in (rows, bad) if len(f)]
    if not frames:
        return rows.astype(numbers)
    return pd.concat(frames, ignore_index=True)


def _problem_row(problem: Problem) -> dict[str, Any]:
    row: dict[str, Any] = {
        **dict.fromkeys(_TEXTS, ""),
        "where": problem.where,
        "detail": problem.message,
        "readable": float(problem.kind != "unreadable"),
        "usable": 0.0,
    }
    row[_COLUMN_OF[problem.kind]] = 0.0
    return row | {"in_train": 0.0, "in_dev": 0.0, "in_test": 0.0}


def _sizes(everything: Sequence[Example], measures: Measures) -> dict[str, Any]:
    """What each example says about itself."""

    def column(values: Iterable[float]) -> Floats:
        return np.fromiter(values, dtype=np.float32, count=len(everything))

    import numpy as np

    return {
        "n_messages": column(
            len(e.messages) + 1 + (e.system is not None) for e in everything
        ),
        "question_chars": column(len(e.question) for e in everything),
        "answer_chars": column(len(e.answer) for e in everything),
        "tokens": measures.tokens,
        "trained": column(e.weight != 0 or _any_weight(e) for e in everything),
        "control_characters": measures.control,
        "untrimmed": column(
            e.answer[:1].isspace() or e.answer[-1:].isspace() for e in everything
        ),
        "reviewed": column(
            np.nan if e.reviewed is None else e.reviewed for e in everything
        ),
    }


def _any_weight(example: Example) -> bool:
    return any(
        m["role"] == "assistant" and m.get("weight", 1) != 0 for m in example.messages
    )


def _relations(examined: Examined) -> dict[str, Any]:
    """What each example is to the others."""
    import numpy as np

    twins, divided = examined.twins, examined.divided
    repeats = find_repeats(examined.everything, twins, examined.labels)
    leaks = {
        i: leak
        for i, leak in enumerate(twins.leak_of)
        if leak >= 0 and divided.parts[i] in ("train", "dev")
    }
    others: tuple[Mapping[int, int], ...] = (
        repeats.duplicate,
        {i: twin for i, twin in enumerate(twins.twin_of) if twin >= 0},
        repeats.conflict,
        repeats.near_conflict,
        leaks,
        divided.gives_away,
    )
    parts = np.array(divided.parts, dtype=str)
    columns: dict[str, Any] = {
        f"in_{part}": parts == part for part in ("train", "dev", "test")
    }
    for flag, found in zip(_FLAGS, others, strict=True):
        texts = {i: examined.everything[j].where for i, j in found.items()}
        columns |= _flagged(flag, f"{flag}_of", texts, len(parts))
    return columns


def _details(
    examined: Examined, marks: Mapping[str, Mapping[int, str]]
) -> dict[str, Any]:
    """What must not be in an example, and what stands out in the set."""
    everything, hits = examined.everything, examined.measures.hits
    secret = {i: describe(h for h in hs if h.kind.secret) for i, hs in hits.items()}
    personal = {
        i: describe(h for h in hs if not h.kind.secret) for i, hs in hits.items()
    }
    calls = {i: mismatch(e) for i, e in enumerate(everything) if e.tools}
    columns: dict[str, Any] = {}
    known: dict[str, Mapping[int, str | None]] = {
        "secret": secret,
        "personal": personal,
        "call_mismatch": calls,
        "instructed": dict.fromkeys(
            quoted(everything, examined.divided.parts, examined.instructions),
            "its question stands in the instructions",
        ),
        **marks,
    }
    for name in (*_TRAITS, *MARKS):
        texts = {i: text for i, text in known.get(name, {}).items() if text}
        columns |= _flagged(name, f"{name}_detail", texts, len(everything))
    return columns


def _flagged(
    flag: str, detail: str, texts: Mapping[int, str], n: int
) -> dict[str, Any]:
    """A column of flags, and one of what each is about."""
    import numpy as np

    flags = np.zeros(n, dtype=np.float32)
    if not texts:
        return {flag: flags, detail: ""}
    details = np.full(n, "", dtype=object)
    for i, text in texts.items():
        flags[i], details[i] = 1.0, text
    return {flag: flags, detail: details}
