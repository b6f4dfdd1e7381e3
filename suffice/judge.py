"""The model that says how good an answer is: the brief's ``judge``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from suffice.brief_part import BriefPart, Told
from suffice.endpoint import Endpoint


class Judge(BriefPart):
    """A model that says how good an answer is."""

    model: Told
    """Model that judges. Pin a dated version: another one is another judge."""
    endpoint: Endpoint | None = None
    """Where it answers. Empty: where the models do."""
    rubric: Told = (
        "The answer is correct, complete and says nothing that is not asked for."
    )
    """What a good answer is, as you would tell a colleague who grades."""
    mode: Literal["rubric", "pairwise"] = "rubric"
    """Grade each answer by the rubric, or compare it with the wanted answer, asked
    in both orders."""
    grades: int = Field(default=5, ge=2, le=11)
    """How many grades there are, from 0 up, where it grades by the rubric."""
    max_output_tokens: int = Field(default=300, ge=16)
    """Longest verdict, reasoning included, in tokens."""
    human_labels: str | None = None
    """JSONL of answers that people have scored ("example", "answer", "score" from 0
    to 1), a local path or an s3:// URL: the judge is calibrated on them."""
