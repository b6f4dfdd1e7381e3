"""
JSON schemas of answers: inferred from examples, and replies checked against them.

A schema says what all training answers have in common and never more than they bear:
every training answer satisfies the schema that was inferred from all of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from suffice.candidates import Candidate
from suffice.measuring.answers import extract
from suffice.measuring.demonstrations import json_objects
from suffice.measuring.formats import fixed_values

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)
_LONGEST_COMPLAINT = 200


def answer_schema(answers: Sequence[str]) -> dict[str, Any]:
    """
    The schema of the JSON object that a reply must hold, for answers like these.

    Answers that are no JSON objects are wrapped: ``{"answer": ...}``.
    """
    objects = json_objects(answers)
    if objects is not None:
        return infer_schema(objects)
    labels = fixed_values(answers)
    told = {"type": "string", "enum": labels} if labels else {"type": "string"}
    return {
        "type": "object",
        "properties": {"answer": told},
        "required": ["answer"],
        "additionalProperties": False,
    }


def infer_schema(values: Sequence[object]) -> dict[str, Any]:
    """
    A schema that each of *values* satisfies.

    >>> infer_schema([{"n": 1}, {"n": 2}])["properties"]
    {'n': {'type': 'integer'}}
    """
    kinds = list(dict.fromkeys(map(_kind, values)))
    if "integer" in kinds and "number" in kinds:
        kinds.remove("integer")
    schema: dict[str, Any] = {"type": kinds[0] if len(kinds) == 1 else sorted(kinds)}
    if kinds == ["string"]:
        fixed = fixed_texts([str(v) for v in values])
        return {**schema, "enum": fixed} if fixed else schema
    objects = [v for v in values if isinstance(v, dict)]
    if objects:
        schema |= _members(objects)
    items = [item for v in values if isinstance(v, list) for item in v]
    if items:
        schema["items"] = infer_schema(items)
    return schema


def fixed_texts(values: Sequence[str]) -> list[str] | None:
    """The texts, where they seem to come from a fixed list, just as they are."""
    return sorted(set(values)) if fixed_values(values) else None


def complaint(reply: str, candidate: Candidate) -> str | None:
    """What is wrong with *reply* by the candidate's schema; ``None``: nothing."""
    if candidate.answer_schema is None:
        return None
    try:
        value = json.loads(extract(reply, "json"))
    except (ValueError, RecursionError):
        return "That is not a JSON object."
    error = next(_validator(candidate.answer_schema).iter_errors(value), None)
    if error is None:
        return None
    place = "".join(f"[{json.dumps(part)}]" for part in error.absolute_path)
    return f"At ${place}: {error.message[:_LONGEST_COMPLAINT]}."


@lru_cache(maxsize=8)
def _validator(schema: str) -> Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(schema))


def _kind(value: object) -> str:
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "null")


def _members(objects: Sequence[Mapping[str, object]]) -> dict[str, Any]:
    keys = dict.fromkeys(key for o in objects for key in o)
    known = {key: infer_schema([o[key] for o in objects if key in o]) for key in keys}
    always = [key for key in keys if all(key in o for o in objects)]
    # Where keys come and go, there may be more of them than the examples show.
    return {
        "properties": known,
        "required": always,
        "additionalProperties": len(always) < len(known),
    }
