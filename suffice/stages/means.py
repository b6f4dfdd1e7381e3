"""The means of a rung in a climb: pools opened, abilities asked, starts looked up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from suffice.brief import Brief
from suffice.candidates import Candidate, Retrieval
from suffice.data import storage
from suffice.economics.prices import Price
from suffice.errors import BadBrief
from suffice.ladder import RungName
from suffice.measuring.budget import Budget
from suffice.measuring.calls import Desk
from suffice.measuring.embedder import Embedder
from suffice.measuring.means import CONTEXT_TOKENS, Means
from suffice.measuring.responses import ResponseStore
from suffice.stages.abilities import holds_to_schema
from suffice.stages.climb import Climb, kept_candidate, kept_measurements
from suffice.stages.connect import connect, endpoint_name
from suffice.stages.sources import (
    Sources,
    embedding_model,
    kept_passages,
    open_sources,
)

_EMBEDDED_TOKENS = 1280
"""Longest prompt tried on a CPU: a longer one takes seconds for each answer."""
STARTS: tuple[RungName, ...] = ("zero-shot", "few-shot", "retrieved-few-shot")
"""Rungs whose prompts the optimised prompt may start from."""
_SEARCHES: Mapping[str, tuple[str, ...]] = {
    "retrieved-few-shot": ("examples",),
    "fine-tuned-few-shot": ("examples",),
    "rag": ("documents",),
    "fine-tuned-rag": ("documents",),
}
_FOUND_BY: Mapping[str, str] = {
    "fine-tuned-few-shot": "retrieved-few-shot",
    "fine-tuned-rag": "rag",
}
"""Prompting rung whose retriever a tuned rung takes over."""


def context_tokens(brief: Brief) -> int:
    """Longest prompt that is tried, answer included."""
    embedded = brief.models.endpoint.base_url is None
    return _EMBEDDED_TOKENS if embedded else CONTEXT_TOKENS


def embedder_of(
    climb: Climb, store: ResponseStore, budget: Budget, price: Price | None
) -> Embedder | None:
    """The brief's embedding model on the climb's account; ``None`` without one."""
    by = embedding_model(climb.brief)
    if by is None:
        return None
    return Embedder(
        by,
        connect(climb.brief),
        endpoint_name=endpoint_name(climb.brief),
        store=store,
        price=price,
        budget=budget,
        needed=True,
    )


def sources_of(
    climb: Climb,
    rung: RungName,
    model: str,
    *,
    store: ResponseStore,
    budget: Budget,
    price: Price | None,
) -> Sources:
    """What *rung* searches, opened; *price* is that of the embedding model."""
    start = start_of(climb, rung, model)
    also = (start.retrieval.what,) if start and start.retrieval else ()
    wanted = _SEARCHES.get(rung, also)
    embedder = embedder_of(climb, store, budget, price) if wanted else None
    return open_sources(
        climb.split,
        kept_passages(climb.folder) if "documents" in wanted else (),
        wanted=wanted,
        embedder=embedder,
        journal=climb.journal,
    )


def means_of(
    climb: Climb, rung: RungName, model: str, sources: Sources, desk: Desk | None = None
) -> Means:
    """What *rung* may draw on; *desk* asks the endpoint where that is needed."""
    schema, held = None, False
    if rung == "structured-output":
        schema = given_schema(climb.brief)
        path = climb.workspace.root / "abilities.json"
        held = desk is not None and holds_to_schema(path, model, desk)
    return Means(
        context_tokens=context_tokens(climb.brief),
        examples=sources.examples,
        documents=sources.documents,
        start=start_of(climb, rung, model),
        found=_found(climb, rung, sources),
        holds_to_schema=held,
        answer_schema=schema,
    )


def start_of(climb: Climb, rung: RungName, model: str) -> Candidate | None:
    """The best prompt of the rungs below on this model: on dev, never on test."""
    if rung != "optimised-prompt":
        return None
    below = [
        m
        for m in kept_measurements(climb)
        if m.model == model and m.rung in STARTS and m.dev_quality is not None
    ]
    if not below:
        return None
    best = max(below, key=lambda m: m.dev_quality or 0.0)
    return kept_candidate(climb, best.candidate_key)


def given_schema(brief: Brief) -> dict[str, Any] | None:
    """The brief's own schema of the answers, read and checked; `BadBrief`."""
    given = brief.answer_schema
    if given is None:
        return None
    where = given if isinstance(given, str) else "the brief"
    value = _read_json(given) if isinstance(given, str) else given
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(value)
    except SchemaError as error:
        raise BadBrief(
            f"answer_schema in {where} is no JSON schema: {error.message}."
        ) from error
    if not isinstance(value, dict):
        raise BadBrief(f"answer_schema in {where} is no JSON object.")
    return value


def _read_json(source: str) -> Any:
    content = storage.read_bytes(source)
    try:
        return json.loads(content)
    except ValueError as error:
        raise BadBrief(f"answer_schema: {source!r} is not JSON: {error}.") from error


def _found(climb: Climb, rung: RungName, sources: Sources) -> Retrieval | None:
    """How the rung that retrieves the same did it best on dev, on the tunable base."""
    wanted = _FOUND_BY.get(rung)
    tried = [
        m
        for m in kept_measurements(climb)
        if m.rung == wanted and m.dev_quality is not None
    ]
    tunable = climb.brief.models.tunable
    for best in sorted(
        tried, key=lambda m: (m.model != tunable, -(m.dev_quality or 0.0))
    ):
        how = kept_candidate(climb, best.candidate_key).retrieval
        if how and (how.embedding_model is None or sources.embedder is not None):
            return how
    return None
