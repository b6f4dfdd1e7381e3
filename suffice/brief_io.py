"""Reads a brief from YAML; every complaint names the file, the line and the key."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import ValidationError

from suffice.brief import Brief
from suffice.errors import BadBrief
from suffice.scoring import ONE, SEVERAL

_PATHS = ("examples", "test_examples", "documents", "prices")


def load_brief(path: Path) -> Brief:
    """
    The brief in *path*, its relative paths made relative to the working directory.

    Paths in a brief are relative to the brief's own folder; ``output`` is relative
    to the working directory, so that the results lie where the command was given.

    Raises `BadBrief` for anything that cannot be used.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadBrief(f"Cannot read the brief {str(path)!r}: {error}.") from error
    node = _compose(text, path)
    content = yaml.safe_load(text)
    try:
        brief = Brief.model_validate(content)
    except ValidationError as error:
        raise BadBrief(_explain(error, node, path)) from error
    return _resolve(brief, path.parent)


def _compose(text: str, path: Path) -> yaml.MappingNode:
    """The YAML tree, refused where it is not a mapping with unique keys."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or "unreadable"
        raise BadBrief(f"{path}:{line}: this is not YAML: {problem}.") from error
    if not isinstance(node, yaml.MappingNode):
        raise BadBrief(f"{path}:1: a brief is a list of 'key: value' lines.")
    _refuse_duplicates(node, path)
    return node


def _refuse_duplicates(node: yaml.Node, path: Path) -> None:
    """YAML takes the last of two equal keys in silence; we do not."""
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            _refuse_duplicates(child, path)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.value in seen:
            raise BadBrief(
                f"{path}:{line}: {key.value!r} is given twice, first in line "
                f"{seen[key.value]}; keep one."
            )
        seen[key.value] = line
        _refuse_duplicates(value, path)


def _explain(error: ValidationError, node: yaml.MappingNode, path: Path) -> str:
    """One sentence for the first complaint, and how many more there are."""
    first = error.errors()[0]
    loc = tuple(part for part in first["loc"] if part not in (ONE, SEVERAL))
    where = ".".join(str(part) for part in loc) or "the brief"
    line = _line(node, loc)
    more = error.error_count() - 1
    rest = f" ({more} more after this one)" if more else ""
    if first["type"] == "missing":
        return f"{path}:{line}: {where!r} is missing; add it{rest}."
    if first["type"] == "extra_forbidden":
        return (
            f"{path}:{line}: {where!r} is not a key of a brief; known keys are "
            f"{', '.join(_known(loc))}{rest}."
        )
    message = first["msg"][0].lower() + first["msg"][1:]
    return f"{path}:{line}: {where!r} cannot be {first['input']!r}: {message}{rest}."


def _known(loc: tuple[Any, ...]) -> list[str]:
    """Keys allowed beside the one at *loc*."""
    models: list[Any] = [Brief]
    for part in loc[:-1]:
        if isinstance(part, str):
            fields = models[0].model_fields
            models = _models(fields[part].annotation)
    return list(models[0].model_fields)


def _models(annotation: Any) -> list[Any]:
    """The models that stand somewhere in a type, such as those of a tuple."""
    if hasattr(annotation, "model_fields"):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models(inner)]


def _line(node: yaml.Node, loc: tuple[Any, ...]) -> int:
    """Line of the deepest part of *loc* that stands in the file."""
    line = node.start_mark.line + 1
    for part in loc:
        found = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == part:
                    found, line = value, key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            found = node.value[part]
            line = found.start_mark.line + 1
        if found is None:
            break
        node = found
    return line


def _resolve(brief: Brief, folder: Path) -> Brief:
    """The same brief with its paths seen from the working directory."""
    changed: dict[str, object] = {}
    for name in _PATHS:
        value = getattr(brief, name)
        if value and "://" not in value and not Path(value).is_absolute():
            changed[name] = str(folder / value)
    if isinstance(brief.answer_schema, str):
        changed["answer_schema"] = _seen_from(folder, brief.answer_schema)
    fresh = brief.recheck.fresh
    if fresh and "://" not in fresh and not Path(fresh).is_absolute():
        path = str(folder / fresh)
        changed["recheck"] = brief.recheck.model_copy(update={"fresh": path})
    used = {name: getattr(brief.usage, name) for name in ("log", "daily")}
    found = {name: _seen_from(folder, path) for name, path in used.items() if path}
    if found:
        changed["usage"] = brief.usage.model_copy(update=found)
    if brief.tuning.preferences:
        path = _seen_from(folder, brief.tuning.preferences)
        changed["tuning"] = brief.tuning.model_copy(update={"preferences": path})
    if brief.judge and brief.judge.human_labels:
        labels = _seen_from(folder, brief.judge.human_labels)
        changed["judge"] = brief.judge.model_copy(update={"human_labels": labels})
    return brief.model_copy(update=changed)


def _seen_from(folder: Path, path: str) -> str:
    return path if "://" in path or Path(path).is_absolute() else str(folder / path)
