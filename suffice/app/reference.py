"""
The reference of the brief, from the brief itself: ``suffice reference brief``.

What stands under each field in the code is its help in the Prefect form, in the API's
schema and on this page; so there is one text, and it cannot lag behind.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from suffice.app.references import one_line
from suffice.brief import Brief

_HEAD = """\
# The brief, field by field

A brief is a YAML file and the one input of every flow.
Only `name`, `instructions` and `examples` are required.
This page is written by `suffice reference brief`; its texts are those of the code.
"""


def reference() -> str:
    """The page, as Markdown."""
    return "\n".join([_HEAD, *_section("", Brief, {})]).rstrip() + "\n"


def _section(path: str, model: type[BaseModel], seen: dict[Any, str]) -> Iterator[str]:
    """The fields of *model*, then those of the models among them."""
    if path:
        yield f"## `{path}`\n"
        yield f"{one_line(model.__doc__)}\n"
    if model in seen:
        yield f"The fields are those of `{seen[model]}`.\n"
        return
    seen[model] = path
    yield "| field | type | default | meaning |"
    yield "| --- | --- | --- | --- |"
    inner: list[tuple[str, type[BaseModel]]] = []
    for name, field in model.model_fields.items():
        cells = (
            f"`{name}`",
            _kind(field),
            _default(field),
            one_line(field.description),
        )
        yield f"| {' | '.join(cells)} |"
        inner += [(f"{path}.{name}".lstrip("."), m) for m in _models(field.annotation)]
    yield ""
    for where, found in inner:
        yield from _section(where, found, seen)


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models a field may hold, each once."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    found = [m for a in get_args(annotation) for m in _models(a)]
    return list(dict.fromkeys(found))


def _kind(field: FieldInfo) -> str:
    kind = _name(field.annotation)
    limits = [_limit(bound) for bound in field.metadata]
    told = ", ".join(filter(None, limits))
    return f"{kind}, {told}" if told else kind


def _name(annotation: Any) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _name(inner[0])
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(_name(a) for a in inner if a is not type(None))
    if origin is not None:
        named = dict.fromkeys(_name(a) for a in inner if a is not Ellipsis)
        return f"list of {' and '.join(named)}" if origin is not dict else "mapping"
    plain = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    if annotation in plain:
        return plain[annotation]
    nested = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return "fields below" if nested else "any"


def _limit(bound: Any) -> str:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    return " ".join(
        f"{sign} {getattr(bound, name):,}"
        for name, sign in signs.items()
        if getattr(bound, name, None) is not None
    )


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default_factory is not None:
        return "see text"
    value = field.default
    if isinstance(value, BaseModel) or value is None or value == ():
        return ""
    if isinstance(value, tuple):
        return ", ".join(f"`{v}`" for v in value)
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"
