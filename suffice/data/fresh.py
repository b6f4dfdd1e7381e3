"""
Fresh questions: what the feature was asked lately, with the wanted answer where known.

Chat JSONL as for examples; a line may end with the user's message.  Only the newest
lines are kept: the end of the last file.
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass
from typing import Any

from suffice.data import storage
from suffice.data.chat import to_example
from suffice.data.lines import read_lines
from suffice.data.parsing import Problem, parse
from suffice.data.unpacking import Limits
from suffice.errors import BadExamples
from suffice.examples import Example

MOST_QUESTIONS = 1000
"""Newest questions that are compared with the tested ones."""
MOST_LABELLED = 5000
"""Newest examples with an answer that are kept."""
MOST_BAD = 0.05
"""Share of lines that may be no chat before the file is refused."""


@dataclass(frozen=True, kw_only=True)
class Fresh:
    """The newest questions of a source, in its order."""

    questions: tuple[str, ...]
    labelled: tuple[Example, ...]
    """Those that end with the wanted answer."""
    n_lines: int
    n_bad: int

    @property
    def digest(self) -> str:
        """16 hexadecimal digits that change when the questions do."""
        text = "\0".join(self.questions)
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def read_fresh(source: str, *, limits: Limits | None = None) -> Fresh:
    """
    The newest questions in *source*, a path, a pattern or an s3:// URL.

    Raises `BadExamples` for a source of which more than 5 % of the lines are no chat.
    """
    questions: deque[str] = deque(maxlen=MOST_QUESTIONS)
    labelled: deque[Example] = deque(maxlen=MOST_LABELLED)
    n_lines = n_bad = 0
    first_bad = ""
    for file in storage.find(source):
        for line in read_lines(file, limits or Limits()):
            if not line.data.strip():
                continue
            n_lines += 1
            row = parse(line)
            found = row if isinstance(row, Problem) else _example(row, line.where)
            if isinstance(found, Problem):
                n_bad += 1
                first_bad = first_bad or f"{found.where}: {found.message}"
                continue
            questions.append(found.question)
            if not isinstance(row, Problem) and _answered(row):
                labelled.append(found)
    if n_bad > MOST_BAD * n_lines:
        raise BadExamples(
            f"{n_bad} of {n_lines} lines of the fresh questions are no chat, the first "
            f"at {first_bad}; mend or delete them."
        )
    return Fresh(
        questions=tuple(questions),
        labelled=tuple(labelled),
        n_lines=n_lines,
        n_bad=n_bad,
    )


def _answered(row: dict[str, Any]) -> bool:
    messages = row.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    return not isinstance(last, dict) or last.get("role") != "user"


def _example(row: dict[str, Any], where: str) -> Example | Problem:
    if not _answered(row):
        # A placeholder, so that what stands before it is checked like any chat.
        answer = {"role": "assistant", "content": "-"}
        row = {**row, "messages": [*row["messages"], answer]}
    return to_example(row, where)
