"""JSON answers taken apart into fields and put together again, in the same style."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

_ABSENT = ""
"""Stands for a key that is not there; no JSON text is empty."""


def as_fields(answers: Sequence[str]) -> dict[str, list[str]]:
    """
    Each key's value in each answer, as JSON text; empty where the key is not there.

    >>> as_fields(['{"a": 1}', '{"a": "x", "b": null}'])
    {'a': ['1', '"x"'], 'b': ['', 'null']}
    """
    objects = [json.loads(answer) for answer in answers]
    keys = dict.fromkeys(key for o in objects for key in o)
    return {
        key: [
            json.dumps(o[key], ensure_ascii=False, sort_keys=True)
            if key in o
            else _ABSENT
            for o in objects
        ]
        for key in keys
    }


def from_fields(fields: Mapping[str, str], like: str) -> str:
    """
    One answer from its fields, spaced as the answer *like* is.

    >>> from_fields({"a": "1", "b": ""}, like='{"a":2}')
    '{"a":1}'
    """
    if list(fields) == [""]:
        return fields[""]
    value = {key: json.loads(text) for key, text in fields.items() if text != _ABSENT}
    compact = json.dumps(json.loads(like), ensure_ascii=False, separators=(",", ":"))
    separators = (",", ":") if like == compact else None
    return json.dumps(value, ensure_ascii=False, separators=separators)
