"""How the examples are read and checked: ``columns`` and ``severities``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from suffice.brief_part import BriefPart


class Columns(BriefPart):
    """Which columns of a CSV or Parquet file hold what; not used for JSONL."""

    question: str = "question"
    """What the user says."""
    answer: str = "answer"
    """The wanted answer."""
    system: str = "system"
    """The system message, where there is one."""
    messages: str = "messages"
    """A whole chat as JSON; used in place of the three above where it is there."""
    id: str = "id"
    """Name of the row."""
    cluster: str = "cluster"
    """Rows that come from one source share this."""
    references: str = "references"
    """Other answers that are as good."""
    reviewed: str = "reviewed"
    """Whether a person has checked the answer."""
    tags: tuple[str, ...] = ()
    """Columns to keep as tags."""


class Adjustment(BriefPart):
    """A check of the examples whose severity is changed, and why."""

    check: str
    """Short name of the check, such as duplicates, conflicts or personal-data."""
    severity: Literal["critical", "warning", "info"]
    """critical stops the climb; warning and info travel with the report."""
    reason: Annotated[str, Field(min_length=3)]
    """Why; the report repeats it."""
