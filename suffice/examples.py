"""An example: one chat whose last message is the wanted answer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

_canonical = msgspec.json.Encoder(order="sorted")

Message = Mapping[str, Any]
"""One chat message as the OpenAI API takes it."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """One chat and the answer that was wanted."""

    id: str
    messages: tuple[Message, ...]
    """Everything before the wanted answer, without any system message."""
    answer: str
    """Text of the last message, which is the assistant's."""
    system: str | None = None
    """The chat's own system or developer message, where it has one."""
    tags: Mapping[str, str] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    """Other answers that are as good."""
    reviewed: bool | None = None
    """Whether a person has checked the answer; ``None`` when not said."""
    cluster: str | None = None
    """Examples that come from one source share this and count as one in statistics."""
    tools: tuple[Mapping[str, Any], ...] = ()
    """Functions that the model may call; the answer is then a list of calls."""
    documents: tuple[str, ...] = ()
    """Ids of the documents that hold the answer, where that is known."""
    weight: int = 1
    """0 where training must not learn the answer, as OpenAI's ``weight`` says."""
    where: str = ""
    """File and line, such as ``train.jsonl:12``."""

    @property
    def question(self) -> str:
        """Text of the last user message."""
        for message in reversed(self.messages):
            if message["role"] == "user":
                return str(message["content"])
        return ""


@dataclass(frozen=True, kw_only=True)
class Split:
    """The examples by purpose. No example, nor a near twin of it, is in two of them."""

    train: tuple[Example, ...]
    """To demonstrate with, retrieve from and tune on."""
    dev: tuple[Example, ...]
    """To choose with: prompts, demonstrations, checkpoints."""
    test: tuple[Example, ...]
    """To judge with, in the frozen order that all rungs share."""


def fingerprint(examples: Iterable[Example]) -> str:
    """
    A digest of what the examples say, in their order; where they stand is left out.

    64 hexadecimal digits (SHA-256 of canonical JSON).
    """
    digest = hashlib.sha256()
    for e in examples:
        row = [
            *(e.id, e.system, [dict(m) for m in e.messages]),
            *(e.answer, list(e.references)),
        ]
        digest.update(_canonical.encode(row))
        digest.update(b"\n")
    return digest.hexdigest()
