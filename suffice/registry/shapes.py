"""
The shapes in which a champion is asked, and in which it answers.

A list or a table of questions gets a list of answers.  OpenAI's chat completion and
responses requests get what OpenAI's clients read; the prompt, the model and the
sampling are the champion's own, whatever the request says of them.  Its tools are the
request's, as they were each example's when it was measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from suffice.errors import UnusableInput
from suffice.measuring.turn import Turn
from suffice.registry.openai_bodies import chat_body, response_body
from suffice.registry.recipe import Asked

Shape = Literal["answers", "chat", "responses"]
_CANNOT = {
    "stream": "stream its answer",
    "background": "answer later",
    "previous_response_id": "remember earlier answers",
    "conversation": "remember conversations",
}
_FUNCTION = ("name", "description", "parameters", "strict")
_TEXT_PARTS = ("text", "input_text", "output_text")


@dataclass(frozen=True, kw_only=True)
class Given:
    """What was asked, and the shape to answer in."""

    asked: tuple[Asked, ...]
    shape: Shape
    tools: tuple[Mapping[str, Any], ...] = ()
    """Functions that the model may call, as a chat completion request has them."""


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
    if shape == "answers":
        return [turn.answer for turn in turns]
    return body(Given(asked=(), shape=shape), turns[0])


def body(given: Given, turn: Turn) -> dict[str, Any]:
    """The answer to one request of OpenAI's, which *given* was read from."""
    write_body = response_body if given.shape == "responses" else chat_body
    return write_body(turn, with_tools=bool(given.tools))


def _request(body: Mapping[str, Any]) -> Given:
    for name, what in _CANNOT.items():
        if body.get(name):
            raise UnusableInput(f"A champion does not {what}: leave {name!r} out.")
    if body.get("n") not in (None, 1):
        raise UnusableInput(
            f"A champion gives one answer, and 'n' is {body['n']!r}: leave it out."
        )
    tools = tuple(map(_tool, body.get("tools") or ()))
    if "messages" in body:
        chat = _chat_of(body["messages"])
        return Given(asked=(chat,), shape="chat", tools=tools)
    if "input" not in body:
        raise UnusableInput(
            f"The request has {sorted(body)} and neither 'messages' nor 'input': send "
            "a chat completion or a responses request."
        )
    asked = body["input"]
    question: Asked = asked if isinstance(asked, str) else _chat_of(asked)
    return Given(asked=(question,), shape="responses", tools=tools)


def _tool(tool: Any) -> Mapping[str, Any]:
    """A function as chat completions declare it; responses do so without a frame."""
    if not isinstance(tool, Mapping) or tool.get("type") != "function":
        raise UnusableInput(
            f"A champion can call functions only, and 'tools' holds {str(tool)[:80]!r}."
        )
    if "function" in tool:
        return tool
    kept = {key: tool[key] for key in _FUNCTION if tool.get(key) is not None}
    return {"type": "function", "function": kept}


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
