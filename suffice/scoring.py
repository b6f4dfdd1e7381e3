"""How answers are compared with the wanted ones: the brief's ``scorer``."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from suffice.brief_part import BriefPart

SCORERS = (
    "exact",
    "label",
    "json",
    "json-fields",
    "tool-call",
    "numeric",
    "regex",
    "token-f1",
    "edit",
    "rouge-l",
    "chrf",
    "similarity",
    "judge",
)
PAID = ("similarity", "judge")
"""Scorers that ask an endpoint."""

_OTHER_SCORERS = r"^(numeric \d+(\.\d+)?%?|regex .+|[A-Za-z_][\w.]*:[A-Za-z_]\w*)$"


def _known_scorer(name: str) -> str:
    if name not in SCORERS and not re.fullmatch(_OTHER_SCORERS, name):
        raise PydanticCustomError(
            "scorer",
            "it must be one of {names}, or like 'numeric 1%', 'regex PATTERN' or "
            "'module:function'",
            {"names": ", ".join(SCORERS)},
        )
    if name.startswith("regex "):
        _refuse_broken(name.removeprefix("regex "))
    return name


def _refuse_broken(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise PydanticCustomError(
            "scorer", "its pattern is no regular expression: {why}", {"why": str(error)}
        ) from error


ScorerName = Annotated[
    str,
    AfterValidator(_known_scorer),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(SCORERS), "type": "string"},
                {"pattern": _OTHER_SCORERS, "type": "string"},
            ]
        }
    ),
]
"""
How an answer is compared with the wanted one.

``numeric 0.5`` and ``numeric 1%`` allow that much; ``regex PATTERN`` compares what
the pattern captures; ``module:function`` is a function of an installed package;
``similarity`` compares embeddings, and ``judge`` asks a model.
"""


class ScorerPart(BriefPart):
    """One of several scorers, and how much it counts."""

    scorer: ScorerName
    """How an answer is compared with the wanted one."""
    weight: float = Field(default=1.0, gt=0, le=1000)
    """How much it counts beside the others."""


ONE, SEVERAL = "(one)", "(several)"
"""Marks of the two forms in the place of a complaint; no key is called so."""


def _form(value: Any) -> str:
    return SEVERAL if isinstance(value, list | tuple) else ONE


_Several = Annotated[tuple[ScorerPart, ...], Field(min_length=1, max_length=20)]
Scoring = Annotated[
    Annotated[ScorerName, Tag(ONE)] | Annotated[_Several, Tag(SEVERAL)],
    Discriminator(_form),
]
"""One scorer, or several with weights."""


def parts(scoring: Scoring) -> tuple[ScorerPart, ...]:
    """
    The scorers it is made of.

    >>> [(part.scorer, part.weight) for part in parts("exact")]
    [('exact', 1.0)]
    """
    if isinstance(scoring, str):
        return (ScorerPart(scorer=scoring),)
    return scoring
