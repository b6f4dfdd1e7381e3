"""Takes the answer out of a model's reply, by the rule its candidate states."""

from __future__ import annotations

import json
import re

from suffice.candidates import AnswerRule

_ANSWER = re.compile(r"answer\s*:[*\s]*", re.IGNORECASE)
_decoder = json.JSONDecoder()


def extract(text: str, rule: AnswerRule) -> str:
    """
    The answer in *text*; where the rule finds none, all of the text, stripped.

    >>> extract("It is 6 times 7. Answer: 42", "after-answer")
    '42'
    >>> extract('Sure: {"a": {"b": 1}} Anything else?', "json")
    '{"a": {"b": 1}}'
    """
    stripped = text.strip()
    match rule:
        case "whole":
            return stripped
        case "first-line":
            return stripped.partition("\n")[0].strip()
        case "after-answer":
            ends = [found.end() for found in _ANSWER.finditer(stripped)]
            return stripped[ends[-1] :].strip() if ends else stripped
        case "json":
            return _first_object(stripped)
        case "json-answer":
            return _told(_first_object(stripped))


def _told(text: str) -> str:
    """The value of ``answer`` in a JSON object; the text itself where there is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(value, dict) or "answer" not in value:
        return text
    told = value["answer"]
    return told.strip() if isinstance(told, str) else json.dumps(told)


def _first_object(text: str) -> str:
    start = text.find("{")
    while start != -1:
        try:
            _, end = _decoder.raw_decode(text, start)
        except ValueError:
            start = text.find("{", start + 1)
        except RecursionError:
            return text
        else:
            return text[start:end]
    return text
