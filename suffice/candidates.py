"""
A candidate: rung, model and exact prompt, so that what is measured is what is run.

It holds no client and no secret: it can be stored, hashed and deployed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from suffice.examples import Example, Message

AnswerRule = Literal["whole", "after-answer", "first-line", "json"]
"""
How the answer is taken out of the reply.

``whole``: all of it, stripped.  ``first-line``: its first line that is not blank.
``after-answer``: what follows the last ``Answer:`` (chain of thought).
``json``: the first JSON object in it; the reply itself where there is none.
"""


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """A question and its answer, shown to the model before the real question."""

    messages: tuple[Message, ...]
    answer: str


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One way of doing the task, exactly as it would run in production."""

    rung: str
    """``floor``, ``zero-shot``, ``few-shot``, ``optimised-prompt``, ``fine-tuned``."""
    name: str
    """What sets it apart, such as ``few-shot, 4 examples, draw 2``."""
    model: str
    """Model id at the endpoint; for the floor the name of its method."""
    system: str | None = None
    """System message; ``None`` sends none."""
    preamble: str | None = None
    """Put before the question in the user message, for models without a system role."""
    demonstrations: tuple[Demonstration, ...] = ()
    answer_rule: AnswerRule = "whole"
    max_output_tokens: int = 64
    tags: tuple[str, ...] = field(default=(), compare=False)
    """Names people know this rung by elsewhere; not part of its identity."""

    @property
    def key(self) -> str:
        """16 hexadecimal digits that change with anything that changes an answer."""
        content = asdict(self)
        del content["tags"], content["name"]
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def request(self, example: Example) -> dict[str, Any]:
        """The body of the chat completion request, temperature 0."""
        body = {
            "model": self.model,
            "messages": self.prompt(example),
            "temperature": 0,
            "max_tokens": self.max_output_tokens,
        }
        if example.tools:
            body["tools"] = [dict(tool) for tool in example.tools]
        return body

    def prompt(self, example: Example) -> list[dict[str, Any]]:
        """Messages to send: system, demonstrations, then the example's own."""
        messages: list[dict[str, Any]] = []
        if self.system is not None:
            messages.append({"role": "system", "content": self.system})
        for shown in self.demonstrations:
            messages += [dict(m) for m in shown.messages]
            messages.append({"role": "assistant", "content": shown.answer})
        # "weight" is for training only; endpoints refuse what they do not know.
        asked = [
            {k: v for k, v in m.items() if k != "weight"} for m in example.messages
        ]
        if self.preamble is not None:
            asked[-1]["content"] = f"{self.preamble}\n\n{asked[-1]['content']}"
        return messages + asked
