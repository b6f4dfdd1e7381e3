"""
The shapes in which a champion is asked, and in which it answers.

A list or a table of questions gets a list of answers.  OpenAI's chat completion and
responses requests get what OpenAI's clients read; the prompt, the model and the
sampling are the champion's own, whatever the request says of them.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from suffice.errors import UnusableInput
from suffice.measuring.turn import Turn
from suffice.registry.recipe import Asked
from suffice.results import Completion

Shape = Literal["answers", "chat", "responses"]
_TEXT_PARTS = ("text", "input_text", "output_text")


@dataclass(frozen=True, kw_only=True)
class Given:
    """What was asked, and the shape to answer in."""

    asked: tuple[Asked, ...]
    shape: Shape


def read(given: Any) -> Given:
    """
    The questions in *given*: a list, an array, a table, or a request of OpenAI's.

    Raises `UnusableInput` for anything else, and for what a champion cannot do.
    """
    if isinstance(given, Mapping):
        return _request(given)
    if hasattr(given, "columns"):
        return Given(asked=_column(given), shape="answers")
    if hasattr(given, "tolist"):
        given = given.tolist()
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, Sequence):
        raise UnusableInput(
            f"A champion cannot be asked a {type(given).__name__}: give a list of "
            "questions, a table with a column 'question', or an OpenAI request."
        )
    return Given(asked=tuple(given), shape="answers")


def write(shape: Shape, turns: Sequence[Turn]) -> list[str] | dict[str, Any]:
    """The answers in the shape they were asked in."""
    if shape == "chat":
        return _chat(turns[0])
    if shape == "responses":
        return _responses(turns[0])
    return [turn.answer for turn in turns]


def _request(body: Mapping[str, Any]) -> Given:
    for name, what in (("stream", "stream its answer"), ("background", "answer later")):
        if body.get(name):
            raise UnusableInput(f"A champion does not {what}: leave {name!r} out.")
    if body.get("n") not in (None, 1):
        raise UnusableInput(
            f"A champion gives one answer, and 'n' is {body['n']!r}: leave it out."
        )
    if "messages" in body:
        return Given(asked=(_chat_of(body["messages"]),), shape="chat")
    if "input" not in body:
        raise UnusableInput(
            f"The request has {sorted(body)} and neither 'messages' nor 'input': send "
            "a chat completion or a responses request."
        )
    asked = body["input"]
    chat = asked if isinstance(asked, str) else _chat_of(asked)
    return Given(asked=(chat,), shape="responses")


def _chat_of(messages: Any) -> list[dict[str, Any]]:
    if not isinstance(messages, Sequence) or isinstance(messages, str):
        raise UnusableInput(f"{str(messages)[:80]!r} is no list of messages.")
    chat: list[dict[str, Any]] = []
    for message in messages:
        if not isinstance(message, Mapping) or "role" not in message:
            raise UnusableInput(
                f"{str(message)[:80]!r} is no message: give 'role' and 'content'."
            )
        chat.append({**message, "content": _text(message.get("content"))})
    return chat


def _text(content: Any) -> Any:
    """Text stays; a list of its parts becomes one text."""
    if not isinstance(content, Sequence) or isinstance(content, str):
        return content
    for part in content:
        if not isinstance(part, Mapping) or part.get("type") not in _TEXT_PARTS:
            raise UnusableInput(
                f"A champion reads text only, and a message holds {str(part)[:80]!r}."
            )
    return "\n".join(str(part["text"]) for part in content)


def _column(table: Any) -> tuple[Asked, ...]:
    """The column of questions, or of whole chats; the only one has any name."""
    names = list(table.columns)
    for name in ("messages", "question"):
        if name in names:
            return tuple(map(_cell, table[name]))
    if len(names) == 1:
        return tuple(map(_cell, table[names[0]]))
    raise UnusableInput(
        f"The table has the columns {names}: call the one that is asked 'question'."
    )


def _cell(value: Any) -> Asked:
    found: Asked = value.tolist() if hasattr(value, "tolist") else value
    return found


def _chat(turn: Turn) -> dict[str, Any]:
    done = turn.completion
    message = {"role": "assistant", "content": turn.answer, "refusal": None}
    choice = {
        "index": 0,
        "message": message,
        "finish_reason": done.finish_reason,
        "logprobs": None,
    }
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": done.model,
        "choices": [choice],
        "usage": {
            "prompt_tokens": done.input_tokens,
            "completion_tokens": done.output_tokens,
            "total_tokens": done.input_tokens + done.output_tokens,
            "prompt_tokens_details": {"cached_tokens": done.cached_tokens},
        },
    }


def _responses(turn: Turn) -> dict[str, Any]:
    done = turn.completion
    said = {"type": "output_text", "text": turn.answer, "annotations": []}
    cut = done.finish_reason == "length"
    message = {
        "type": "message",
        "id": f"msg_{uuid.uuid4().hex}",
        "role": "assistant",
        "status": "incomplete" if cut else "completed",
        "content": [said],
    }
    return {
        "id": f"resp_{uuid.uuid4().hex}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "error": None,
        "model": done.model,
        "output": [message],
        "parallel_tool_calls": False,
        "tool_choice": "none",
        "tools": [],
        "usage": _usage(done),
    }


def _usage(done: Completion) -> dict[str, Any]:
    cached = {"cached_tokens": done.cached_tokens, "cache_write_tokens": 0}
    return {
        "input_tokens": done.input_tokens,
        "input_tokens_details": cached,
        "output_tokens": done.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": done.input_tokens + done.output_tokens,
    }
