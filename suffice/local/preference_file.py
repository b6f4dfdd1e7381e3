"""
Reads a file of preferences, and refuses a bad one by line and reason.

One JSON object a line, as OpenAI takes it for direct preference optimisation::

    {"input": {"messages": [{"role": "user", "content": "..."}]},
     "preferred_output": [{"role": "assistant", "content": "..."}],
     "non_preferred_output": [{"role": "assistant", "content": "..."}]}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from suffice.local.training_file import (
    LINE_KEYS,
    MIN_EXAMPLES,
    Chat,
    bad_line,
    check_keys,
    check_message,
    read_lines,
)

_KEYS = frozenset({"input", "preferred_output", "non_preferred_output"})


@dataclass(frozen=True, kw_only=True)
class Preference:
    """Two chats that differ in their last message alone."""

    preferred: Chat
    other: Chat


def parse_preferences(
    text: bytes, *, min_examples: int = MIN_EXAMPLES
) -> list[Preference]:
    """
    The preferences of a file, in order; blank lines are passed over.

    Raises BadTrainingFileError at the first thing that is wrong.

    >>> parse_preferences(b'{"input": {"messages": []}}')
    Traceback (most recent call last):
    suffice.local.training_file.BadTrainingFileError: Line 1: 'messages' is empty.
    """
    return read_lines(text, _preference, min_examples)


def _preference(example: dict[str, Any], line: int) -> Preference:
    check_keys(example, _KEYS, line)
    asked = _asked(example.get("input"), line)
    preferred = _output(example, "preferred_output", line)
    other = _output(example, "non_preferred_output", line)
    if preferred == other:
        raise bad_line(line, "both answers are the same", joint=": ")
    return Preference(preferred=(*asked, preferred), other=(*asked, other))


def _asked(given: object, line: int) -> Chat:
    if not isinstance(given, dict):
        raise bad_line(line, "has no object 'input'")
    check_keys(given, LINE_KEYS, line)
    messages = given.get("messages")
    if not isinstance(messages, list):
        raise bad_line(line, "has no list 'messages' in its 'input'")
    if not messages:
        raise bad_line(line, "'messages' is empty", joint=": ")
    for number, message in enumerate(messages, 1):
        check_message(message, line, f"message {number}")
    if messages[-1]["role"] == "assistant":
        reason = "the last message of 'input' is from 'assistant': it is the answer"
        raise bad_line(line, reason, joint=", ")
    # What was said before the answer is shown, and never learned.
    return tuple(
        {**m, "weight": 0} if m["role"] == "assistant" else m for m in messages
    )


def _output(example: Mapping[str, Any], key: str, line: int) -> Mapping[str, Any]:
    given = example.get(key)
    if not isinstance(given, list) or len(given) != 1:
        raise bad_line(line, f"'{key}' is no list of one message", joint=": ")
    check_message(given[0], line, f"the message of '{key}'")
    if given[0]["role"] != "assistant" or given[0].get("weight", 1) == 0:
        reason = f"the message of '{key}' is not an answer from 'assistant'"
        raise bad_line(line, reason, joint=", ")
    message: Mapping[str, Any] = given[0]
    return message
