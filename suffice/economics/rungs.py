"""What the economics must know of a rung: its place, whether it is tuned, retrieves."""

from __future__ import annotations

from typing import get_args

from suffice.ladder import RungName

RUNGS: tuple[str, ...] = get_args(RungName)
"""Every rung there is, easiest to own first."""


def rung_index(rung: str) -> int:
    """Place in the climb; an unknown rung comes last."""
    return RUNGS.index(rung) if rung in RUNGS else len(RUNGS)


def tuned(rung: str) -> bool:
    """Whether a model must be trained for it."""
    return "fine-tuned" in rung


def retrieves(rung: str) -> bool:
    """Whether something is looked up for each request."""
    return "retrieved" in rung or "rag" in rung.split("-")
