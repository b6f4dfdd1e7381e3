"""
The ladder: which rungs there are, which are tried, and what the newer ones are told.

A part of the brief, in a file of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, get_args

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from suffice.brief_part import BriefPart, Told

RungName = Literal[
    "floor",
    "zero-shot",
    "structured-output",
    "few-shot",
    "retrieved-few-shot",
    "chain-of-thought",
    "optimised-prompt",
    "rag",
    "fine-tuned",
    "fine-tuned-few-shot",
    "fine-tuned-rag",
]
"""The rungs, cheapest to own first."""

TUNED_RUNGS: tuple[RungName, ...] = (
    "fine-tuned",
    "fine-tuned-few-shot",
    "fine-tuned-rag",
)
"""Those that a model must be trained for."""


class Chunks(BriefPart):
    """How documents are cut into passages."""

    tokens: int = Field(default=200, ge=32, le=4096)
    """Longest passage, in tokens (estimated)."""
    overlap_tokens: int = Field(default=30, ge=0, le=1024)
    """How much of the passage before it a passage repeats, in tokens."""

    @field_validator("overlap_tokens")
    @classmethod
    def _less_than_all(cls, overlap: int, info: ValidationInfo) -> int:
        tokens = info.data.get("tokens", math.inf)
        if overlap >= tokens:
            raise PydanticCustomError(
                "overlap",
                "passages are of {tokens} tokens; it must be smaller",
                {"tokens": tokens},
            )
        return overlap


class Optimiser(BriefPart):
    """A search for better instructions by gepa, where a model may propose them."""

    proposer: Told
    """Model that reads what went wrong and proposes new instructions, at the models'
    endpoint; a stronger one than those that answer."""
    max_metric_calls: int = Field(default=150, ge=1, le=10_000)
    """Most answers of the prompted model that the search may use."""


def usual_rungs(known: dict[str, Any]) -> tuple[RungName, ...]:
    """The rungs tried where the brief names none, as far as they apply."""
    scorer = str(known.get("scorer", ""))
    left_out = set(TUNED_RUNGS[1:])
    if not known.get("documents"):
        left_out.add("rag")
    if "json" not in scorer:
        left_out.add("structured-output")
    if "tool-call" in scorer:
        left_out.add("chain-of-thought")
    return tuple(rung for rung in get_args(RungName) if rung not in left_out)


def refuse_without_documents(
    rungs: tuple[RungName, ...], known: Mapping[str, Any]
) -> tuple[RungName, ...]:
    """The *rungs*; refused where one retrieves from documents and there are none."""
    needy = [rung for rung in rungs if rung.endswith("rag")]
    if needy and "documents" in known and not known["documents"]:
        raise PydanticCustomError(
            "rungs",
            "{rung} retrieves from documents; add 'documents: FOLDER'",
            {"rung": needy[0]},
        )
    return rungs
