"""What a rung may draw on besides its model: pools, and what an endpoint can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from suffice.candidates import Candidate, Retrieval
from suffice.retrieval.pools import Pool

CONTEXT_TOKENS = 4096
"""Longest prompt that is tried, answer included, unless the caller knows better."""


@dataclass(frozen=True, kw_only=True)
class Means:
    """The means of one rung with one model."""

    context_tokens: int = CONTEXT_TOKENS
    """Longest prompt that is tried, answer included."""
    examples: Pool | None = None
    """The training examples, to be retrieved."""
    documents: Pool | None = None
    """The passages of the brief's documents."""
    start: Candidate | None = None
    """The best candidate of the rungs below."""
    found: Retrieval | None = None
    """How the prompting rung that retrieves the same was found to do it best."""
    holds_to_schema: bool = False
    """Whether the endpoint takes a JSON schema as response_format."""
    answer_schema: Mapping[str, Any] | None = None
    """The schema that the brief gives; ``None``: inferred from the answers."""
    proposed: tuple[str, ...] = ()
    """Instructions that an optimiser has proposed, best first."""


NO_MEANS = Means()
