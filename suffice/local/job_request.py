"""
Reads a request for a fine-tuning job, and refuses it as OpenAI does.

Checks everything that can be said before the files are opened.
"""

from __future__ import annotations

import random
import re
import time
import uuid
from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any

from suffice.local.api_error import ApiError
from suffice.local.job_store import Job
from suffice.local.recipe import OBJECTIVES, Recipe, read_recipe
from suffice.local.starts import Start, Tunable

FIELDS = (
    "model",
    "training_file",
    "validation_file",
    "hyperparameters",
    "method",
    "suffix",
    "seed",
    "metadata",
    "integrations",
)
METADATA_PAIRS, METADATA_KEY_CHARS, METADATA_VALUE_CHARS = 16, 64, 512
SUFFIX_CHARS = 64


def read_job(
    asked: Mapping[str, Any], *, tunable: Tunable, files: Container[str]
) -> Job:
    """
    The new job that *asked* for; *tunable* and *files* are what there is.

    Raises ApiError naming the field.
    """
    _check_fields(asked)
    start = tunable(asked["model"])
    if start is None:
        raise ApiError(
            message=f"Model {asked['model']!r} is not available for fine-tuning or "
            "does not exist.",
            param="model",
            code="model_not_available",
        )
    _check_files(asked, files)
    recipe = _continuing(_recipe(asked), start)
    seed = asked.get("seed")
    return {
        "object": "fine_tuning.job",
        "id": f"ftjob-{uuid.uuid4().hex[:24]}",
        "order": time.time_ns(),
        "created_at": int(time.time()),
        "finished_at": None,
        "estimated_finish": None,
        "status": "validating_files",
        "model": asked["model"],
        "base": start.base,
        "fine_tuned_model": None,
        "training_file": asked["training_file"],
        "validation_file": asked.get("validation_file"),
        "result_files": [],
        "organization_id": "org-local",
        "user_provided_suffix": asked.get("suffix"),
        "seed": random.randrange(2**31) if seed is None else seed,
        "metadata": asked.get("metadata") or None,
        "integrations": [],
        "trained_tokens": None,
        "error": None,
        "cpu_s": 0.0,
        **shown_recipe(recipe),
    }


def shown_recipe(recipe: Recipe) -> dict[str, Any]:
    """The fields of a job that show its hyperparameters."""
    shown = recipe.shown()
    kind = recipe.objective
    return {
        "hyperparameters": shown,
        "method": {"type": kind, kind: {"hyperparameters": shown}},
    }


def recipe_of(job: Job) -> Recipe:
    """The hyperparameters a stored job shows."""
    kind = job["method"]["type"]
    return read_recipe(job["hyperparameters"], "hyperparameters", kind)


def base_of(job: Job) -> str:
    """The base that is trained, where the job goes on from a tuned model too."""
    return str(job.get("base") or job["model"])


def model_name(job: Job) -> str:
    """
    What the tuned model is called; the same for a job however often asked.

    >>> model_name({"model": "small", "id": "ftjob-0a1b2c3d4e", \
"user_provided_suffix": "My task: 2"})
    'ft:small:local:my-task-2:0a1b2c3d'
    """
    suffix = re.sub("[^a-z0-9]+", "-", (job["user_provided_suffix"] or "").lower())
    number = job["id"].removeprefix("ftjob-")[:8]
    return f"ft:{base_of(job)}:local:{suffix.strip('-')}:{number}"


def _check_fields(asked: Mapping[str, Any]) -> None:
    for field in ("model", "training_file"):
        if not isinstance(asked.get(field), str):
            raise ApiError(message=f"{field!r} is a required property.", param=field)
    unknown = sorted(set(asked) - set(FIELDS))
    if unknown:
        raise ApiError(
            message=f"Unknown parameter: {unknown[0]!r}.",
            param=unknown[0],
            code="unknown_parameter",
        )
    if asked.get("integrations"):
        raise ApiError(
            message="Integrations are not supported by this server; leave them out.",
            param="integrations",
        )
    _check_suffix_and_seed(asked)
    _check_metadata(asked.get("metadata"))


def _check_suffix_and_seed(asked: Mapping[str, Any]) -> None:
    suffix, seed = asked.get("suffix"), asked.get("seed")
    if suffix is not None and not (
        isinstance(suffix, str) and 1 <= len(suffix) <= SUFFIX_CHARS
    ):
        raise ApiError(
            message=f"'suffix' must have 1 to {SUFFIX_CHARS} characters.",
            param="suffix",
        )
    whole = isinstance(seed, int) and not isinstance(seed, bool)
    if seed is not None and not (whole and 0 <= seed < 2**31):
        raise ApiError(
            message=f"'seed' must be a whole number below 2**31, not {seed!r}.",
            param="seed",
        )


def _check_metadata(metadata: object) -> None:
    if metadata is None:
        return
    fits = isinstance(metadata, dict) and len(metadata) <= METADATA_PAIRS
    if not fits or not all(
        isinstance(value, str)
        and len(key) <= METADATA_KEY_CHARS
        and len(value) <= METADATA_VALUE_CHARS
        for key, value in metadata.items()  # type: ignore[attr-defined]
    ):
        raise ApiError(
            message=f"'metadata' takes at most {METADATA_PAIRS} pairs of text, keys "
            f"of at most {METADATA_KEY_CHARS} and values of at most "
            f"{METADATA_VALUE_CHARS} characters.",
            param="metadata",
        )


def _check_files(asked: Mapping[str, Any], files: Container[str]) -> None:
    for field in ("training_file", "validation_file"):
        if asked.get(field) is not None and asked[field] not in files:
            raise ApiError(
                message=f"invalid {field}: {asked[field]}",
                param=field,
                code="invalid_file",
            )


def _recipe(asked: Mapping[str, Any]) -> Recipe:
    """From ``method``, or from the older ``hyperparameters`` at the top."""
    method = asked.get("method")
    if method is None:
        return read_recipe(asked.get("hyperparameters") or {}, "hyperparameters")
    kind = method.get("type") if isinstance(method, dict) else None
    if kind not in OBJECTIVES:
        raise ApiError(
            message=f"Method {kind!r} is not supported by this server; "
            f"use one of {', '.join(OBJECTIVES)}.",
            param="method.type",
            code="unsupported_method",
        )
    if asked.get("hyperparameters"):
        raise ApiError(
            message="Give hyperparameters within 'method' or at the top, not both.",
            param="hyperparameters",
        )
    settings = (method.get(kind) or {}).get("hyperparameters") or {}
    return read_recipe(settings, f"method.{kind}.hyperparameters", kind)


def _continuing(recipe: Recipe, start: Start) -> Recipe:
    """The recipe with the adapter's own shape, where one is trained further."""
    if start.lora_rank is None:
        return recipe
    if recipe.method != "lora":
        raise ApiError(
            message=f"A tuned model can only be tuned further with 'lora', not "
            f"{recipe.method!r}.",
            param="method",
            code="unsupported_method",
        )
    return replace(recipe, lora_rank=start.lora_rank, first_layer=start.first_layer)
