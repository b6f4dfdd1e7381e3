"""
Turns chat messages into token ids: the one way, for training and for serving.

Renders ChatML, message by message::

    <|im_start|>user
    My API returns 401 errors.<|im_end|>
    <|im_start|>assistant
    {"category": ...}<|im_end|>

The base's own template puts a system message in front where none is given;
this one adds nothing.  Each text is encoded on its own, so that the tokens in
front of an answer are the same whether the answer follows (training) or is to
come (serving), and control tokens spelt out inside a text stay text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

START = "<|im_start|>"
END = "<|im_end|>"


class Tokenizer(Protocol):
    """What is needed of a Hugging Face tokenizer."""

    def encode(
        self, text: str, *, add_special_tokens: bool, split_special_tokens: bool
    ) -> list[int]:
        """Token ids of *text*."""

    def convert_tokens_to_ids(self, tokens: str) -> int:
        """Id of one token."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One message as token ids."""

    head: list[int]
    """Role and line break."""
    body: list[int]
    """The text and the token that ends it: what a model would generate."""
    tail: list[int]
    """The line break before the next message."""
    learned: bool
    """Spoken by the assistant and not excluded by ``weight: 0``."""

    @property
    def ids(self) -> list[int]:
        """All of it, in order."""
        return self.head + self.body + self.tail


def render(
    messages: Sequence[Mapping[str, Any]],
    tokenizer: Tokenizer,
    add_generation_prompt: bool,
) -> list[int]:
    """Token ids of a chat; with the head of an answer to come if asked."""
    ids = [i for turn in turns(messages, tokenizer) for i in turn.ids]
    return ids + (_head("assistant", tokenizer) if add_generation_prompt else [])


def turns(messages: Iterable[Mapping[str, Any]], tokenizer: Tokenizer) -> list[Turn]:
    """The messages one by one, each saying whether a model learns from it."""
    return [_turn(message, tokenizer) for message in messages]


def text_of(message: Mapping[str, Any]) -> str:
    """
    What a message says, its tool calls included.

    >>> text_of({"content": [{"type": "text", "text": "Good "}, "morning"]})
    'Good morning'
    """
    content = message.get("content") or ""
    if not isinstance(content, str):
        content = "".join(p if isinstance(p, str) else p["text"] for p in content)
    calls = [_call_text(call) for call in message.get("tool_calls") or ()]
    return "\n".join([content, *calls] if content else calls)


def _call_text(call: Mapping[str, Any]) -> str:
    function = call["function"]
    called = {"name": function["name"], "arguments": function["arguments"]}
    return f"<tool_call>\n{json.dumps(called)}\n</tool_call>"


def _turn(message: Mapping[str, Any], tokenizer: Tokenizer) -> Turn:
    role = message["role"]
    return Turn(
        head=_head("system" if role == "developer" else role, tokenizer),
        body=[*_encode(text_of(message), tokenizer), _id(END, tokenizer)],
        tail=_encode("\n", tokenizer),
        learned=role == "assistant" and message.get("weight", 1) != 0,
    )


def _head(role: str, tokenizer: Tokenizer) -> list[int]:
    return [_id(START, tokenizer), *_encode(f"{role}\n", tokenizer)]


def _id(token: str, tokenizer: Tokenizer) -> int:
    return tokenizer.convert_tokens_to_ids(token)


def _encode(text: str, tokenizer: Tokenizer) -> list[int]:
    # Always the same two flags: changing them alters the tokenizer itself,
    # which other threads may be using.
    return tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
