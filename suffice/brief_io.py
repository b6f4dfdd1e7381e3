"""Reads a brief from YAML; every complaint names the file, the line and the key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import ValidationError

from suffice.brief import Brief
from suffice.errors import BadBrief
from suffice.scoring import ONE, SEVERAL

_PATHS = ("examples", "test_examples", "documents", "prices")
_PATHS_WITHIN: Mapping[str, tuple[str, ...]] = {
    "recheck": ("fresh",),
    "usage": ("log", "daily"),
    "tuning": ("preferences",),
    "judge": ("human_labels",),
}
_KEYS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")
_FORMS = (ONE, SEVERAL, "str", "dict[str,any]")
"""Names of the forms that a value may have; no key is called so."""
_MOST_SHOWN = 80
_UNASKED = "default_factory_not_called"
"""Not a complaint of its own: it follows from another one."""
_SAID: Mapping[str, str] = {
    "tuple_type": "it must be a list, such as [a, b]",
    "too_short": "it must have at least one item",
    "model_type": "it must be a list of 'key: value' lines",
    "string_type": "it must be text; put it in quotes",
    "dict_type": "it must be a list of 'key: value' lines",
}
"""Where pydantic's words are those of a programmer."""


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
    node, content = _parsed(text, path)
    try:
        brief = Brief.model_validate(content)
    except ValidationError as error:
        raise BadBrief(_explain(error, node, path)) from error
    return _resolve(brief, path.parent)


def _parsed(text: str, path: Path) -> tuple[yaml.MappingNode, Any]:
    """The YAML tree and its values; refused where it is no mapping of unique keys."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if not isinstance(node, yaml.MappingNode):
            raise BadBrief(f"{path}:1: a brief is a list of 'key: value' lines.")
        _refuse_keys(node, path)
        return node, yaml.safe_load(text)
    except BadBrief:
        raise
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or "unreadable"
        raise BadBrief(f"{path}:{line}: this is not YAML: {problem}.") from error
    except RecursionError as error:
        raise BadBrief(f"{path}: lists in lists go too deep to be a brief.") from error
    except ValueError as error:
        # Such as the 31st of February, which looks like a day to YAML.
        raise BadBrief(
            f"{path}: a value cannot be read ({error}); put it in quotes."
        ) from error


def _refuse_keys(node: yaml.Node, path: Path) -> None:
    """YAML takes lists as keys, and the last of two equal ones in silence; not we."""
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            _refuse_keys(child, path)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or key.tag not in _KEYS:
            told = repr(key.value) if isinstance(key, yaml.ScalarNode) else "a list"
            raise BadBrief(f"{path}:{line}: {told} is no key; write a word.")
        if key.value in seen:
            raise BadBrief(
                f"{path}:{line}: {key.value!r} is given twice, first in line "
                f"{seen[key.value]}; keep one."
            )
        seen[key.value] = line
        _refuse_keys(value, path)


def _explain(error: ValidationError, node: yaml.MappingNode, path: Path) -> str:
    """One sentence for the first complaint, and how many more there are."""
    first, *others = [e for e in error.errors() if e["type"] != _UNASKED]
    loc = tuple(part for part in first["loc"] if part not in _FORMS)
    where = ".".join(str(part) for part in loc) or "the brief"
    line = _line(node, loc)
    rest = f" ({len(others)} more after this one)" if others else ""
    if first["type"] == "missing":
        return f"{path}:{line}: {where!r} is missing; add it{rest}."
    if first["type"] == "extra_forbidden":
        return (
            f"{path}:{line}: {where!r} is not a key of a brief; known keys are "
            f"{', '.join(_known(loc))}{rest}."
        )
    message = _SAID.get(first["type"]) or first["msg"][0].lower() + first["msg"][1:]
    given = _shown(first["input"])
    return f"{path}:{line}: {where!r} cannot be {given}: {message}{rest}."


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 3]}..."


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
    changed: dict[str, object] = {
        name: _seen_from(folder, getattr(brief, name))
        for name in _PATHS
        if getattr(brief, name)
    }
    changed["output"] = str(Path(brief.output).expanduser())
    if isinstance(brief.answer_schema, str):
        changed["answer_schema"] = _seen_from(folder, brief.answer_schema)
    for part, names in _PATHS_WITHIN.items():
        inner = getattr(brief, part)
        used = {name: getattr(inner, name) for name in names if inner}
        found = {name: _seen_from(folder, path) for name, path in used.items() if path}
        if found:
            changed[part] = inner.model_copy(update=found)
    return brief.model_copy(update=changed)


def _seen_from(folder: Path, path: str) -> str:
    return path if "://" in path else str(folder / Path(path).expanduser())
