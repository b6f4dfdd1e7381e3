"""Compares answers that are JSON: whole, field by field, or as tool calls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from suffice.errors import BadExamples
from suffice.measuring.matching import Score, match_exact, shorten

_NOT_JSON = object()
_DEEPEST = 100
"""Levels of lists and objects in each other; what is deeper counts as text."""


def match_json(answer: str, wanted: str) -> Score:
    """
    The same JSON value; spacing and the order of keys do not matter.

    >>> match_json('{"b": 1, "a": "x"}', '{"a":"y","b":1}').reason
    'a: got "x", wanted "y"'
    """
    want, got = _parsed(wanted), _parsed(answer)
    if want is _NOT_JSON:
        return match_exact(answer, wanted)
    if got is _NOT_JSON:
        return Score(0.0, f"not JSON: {shorten(answer)}")
    faults = _faults(got, want)
    return Score(0.0, "; ".join(faults)) if faults else Score(1.0)


def match_json_fields(answer: str, wanted: str) -> Score:
    """
    The share of fields that are right; a field nobody wanted counts as a wrong one.

    >>> match_json_fields('{"a": 1, "b": 3}', '{"a": 1, "b": 2}').value
    0.5
    """
    want, got = _parsed(wanted), _parsed(answer)
    if not (isinstance(want, dict) and isinstance(got, dict) and want):
        return match_json(answer, wanted)
    n_fields = len(want.keys() | got.keys())
    faults = _faults(got, want)
    if not faults:
        return Score(1.0)
    return Score((n_fields - len(faults)) / n_fields, "; ".join(faults))


def match_tool_call(answer: str, wanted: str) -> Score:
    """
    The same functions, in any order, with acceptable arguments.

    *wanted* is a list of calls with ``name`` and ``arguments``, each argument one
    value; or calls with ``accept`` in place of ``arguments``: a list of values for
    each argument, with "" among them where it may be left out.  Raises `BadExamples`
    for an ``accept`` that is something else.

    >>> wanted = '[{"name": "f", "accept": {"x": [1, 2], "y": ["a", ""]}}]'
    >>> match_tool_call('[{"name": "f", "arguments": {"x": 2}}]', wanted).value
    1.0
    """
    want, got = _calls(_parsed(wanted)), _calls(_parsed(answer))
    if want is None:
        return match_exact(answer, wanted)
    _refuse_odd(want)
    if got is None:
        return Score(0.0, f"no tool call: {shorten(answer)}")
    if len(got) != len(want):
        return Score(0.0, f"{len(got)} calls, wanted {len(want)}")
    left = list(got)
    for call in want:
        told = ["; ".join(_call_faults(other, call)) for other in left]
        if "" not in told:
            return Score(0.0, min(told, key=len))
        del left[told.index("")]
    return Score(1.0)


def same_json(a: Any, b: Any) -> bool:
    """Equal as JSON: 1 and 1.0 are the same number, 1 and true are not the same."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same_json(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same_json, a, b))
    return bool(a == b)


def _parsed(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=_no_json)
    except (ValueError, RecursionError):
        return _NOT_JSON
    nested = text.count("[") + text.count("{") > _DEEPEST
    return _NOT_JSON if nested and _is_deep(value, _DEEPEST) else value


def _is_deep(value: Any, n_levels: int) -> bool:
    """Whether there is more within it than so many levels."""
    if not isinstance(value, list | dict):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return n_levels == 0 or any(_is_deep(item, n_levels - 1) for item in inner)


def _no_json(name: str) -> Any:
    """NaN and the infinities: Python reads them, JSON does not know them."""
    raise ValueError(f"{name} is no JSON")


def _faults(got: Any, want: Any) -> list[str]:
    """What is wrong, field by field where both are objects."""
    if not (isinstance(got, dict) and isinstance(want, dict)):
        same = same_json(got, want)
        return [] if same else [f"got {_dump(got)}, wanted {_dump(want)}"]
    faults = []
    for key, value in want.items():
        if key not in got:
            faults.append(f"{key}: missing")
        elif not same_json(got[key], value):
            faults.append(f"{key}: got {_dump(got[key])}, wanted {_dump(value)}")
    return faults + [f"{key}: not wanted" for key in got if key not in want]


def _calls(value: Any) -> list[Mapping[str, Any]] | None:
    calls = value if isinstance(value, list) else [value]
    whole = all(isinstance(c, dict) and isinstance(c.get("name"), str) for c in calls)
    return calls if whole else None


def _refuse_odd(wanted: list[Mapping[str, Any]]) -> None:
    for call in wanted:
        accepted = call.get("accept", {})
        if not isinstance(accepted, dict) or not all(
            isinstance(values, list) for values in accepted.values()
        ):
            raise BadExamples(
                f"'accept' of the wanted call of {call['name']!r} is "
                f"{_dump(accepted)}; write a list of values for each argument"
            )


def _call_faults(got: Mapping[str, Any], want: Mapping[str, Any]) -> list[str]:
    if got["name"] != want["name"]:
        return [f"called {got['name']}, wanted {want['name']}"]
    arguments = got.get("arguments") or {}
    accepted = want.get("accept")
    if accepted is None:
        return _faults(arguments, want.get("arguments") or {})
    if not isinstance(arguments, dict):
        return [f"arguments are {_dump(arguments)}"]
    faults = [f"{key}: not wanted" for key in arguments if key not in accepted]
    for key, values in accepted.items():
        if key not in arguments:
            faults += [] if "" in values else [f"{key}: missing"]
        elif not any(same_json(arguments[key], value) for value in values):
            faults.append(f"{key}: got {_dump(arguments[key])}, not accepted")
    return faults


def _dump(value: Any) -> str:
    return shorten(json.dumps(value, ensure_ascii=False), quote=False)
