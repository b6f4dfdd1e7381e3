"""
A candidate: rung, model and exact prompt, so that what is measured is what is run.

It holds no client and no secret: it can be stored, hashed and deployed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from suffice.examples import Example, Message

AnswerRule = Literal["whole", "after-answer", "first-line", "json", "json-answer"]
"""
How the answer is taken out of the reply.

``whole``: all of it, stripped.  ``first-line``: its first line that is not blank.
``after-answer``: what follows the last ``Answer:`` (chain of thought).
``json``: the first JSON object in it; the reply itself where there is none.
``json-answer``: the value of ``answer`` in that object, as text.
"""


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """A question and its answer, shown to the model before the real question."""

    messages: tuple[Message, ...]
    answer: str


@dataclass(frozen=True, kw_only=True)
class Retrieval:
    """
    How a candidate finds what it shows with each question.

    A description only: the pool is opened where the candidate is asked.
    """

    what: Literal["examples", "documents"]
    """Labelled examples, shown as demonstrations, or passages of documents."""
    by: Literal["bm25", "embeddings", "hybrid"]
    """Shared words, near vectors, or both ranks added up."""
    k: int
    """How many are shown, as far as they fit."""
    pool: str
    """Digest of what is searched."""
    room_tokens: int
    """Estimated tokens that may be shown; the farthest are left out first."""
    order: Literal["nearest-last", "nearest-first"] = "nearest-last"
    embedding_model: str | None = None
    """Model of the vectors; ``None`` for BM25 alone."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was retrieved for one question."""

    demonstrations: tuple[Demonstration, ...] = ()
    passages: tuple[str, ...] = ()


NOTHING_FOUND = Found()


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One way of doing the task, exactly as it would run in production."""

    rung: str
    """One of `suffice.brief.RungName`."""
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
    retrieval: Retrieval | None = None
    """``None``: every question is asked with the same prompt."""
    answer_schema: str | None = None
    """JSON schema, as text, that the JSON object in the reply must satisfy."""
    schema_sent: bool = False
    """Whether the endpoint is asked to hold the model to that schema."""
    repairs: int = 0
    """How often a reply that breaks the schema is sent back with the complaint."""
    tags: tuple[str, ...] = field(default=(), compare=False)
    """Names people know this rung by elsewhere; not part of its identity."""

    @property
    def key(self) -> str:
        """16 hexadecimal digits that change with anything that changes an answer."""
        content = asdict(self)
        del content["tags"], content["name"]
        for later in ("retrieval", "answer_schema", "schema_sent", "repairs"):
            # What was measured before these existed keeps its key.
            if not content[later]:
                del content[later]
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def request(self, example: Example, found: Found = NOTHING_FOUND) -> dict[str, Any]:
        """The body of the chat completion request, temperature 0."""
        body = {
            "model": self.model,
            "messages": self.prompt(example, found),
            "temperature": 0,
            "max_tokens": self.max_output_tokens,
        }
        if example.tools:
            body["tools"] = [dict(tool) for tool in example.tools]
        if self.answer_schema is not None and self.schema_sent:
            body["response_format"] = response_format(self.answer_schema)
        return body

    def prompt(
        self, example: Example, found: Found = NOTHING_FOUND
    ) -> list[dict[str, Any]]:
        """Messages to send: system, demonstrations, then the example's own."""
        messages: list[dict[str, Any]] = []
        if self.system is not None:
            messages.append({"role": "system", "content": self.system})
        for shown in (*self.demonstrations, *found.demonstrations):
            messages += [dict(m) for m in shown.messages]
            messages.append({"role": "assistant", "content": shown.answer})
        # "weight" is for training only; endpoints refuse what they do not know.
        asked = [
            {k: v for k, v in m.items() if k != "weight"} for m in example.messages
        ]
        before = [self.preamble] if self.preamble is not None else []
        if found.passages:
            before.append("\n\n".join(("Passages:", *found.passages, "Question:")))
        if before:
            asked[-1]["content"] = "\n\n".join((*before, str(asked[-1]["content"])))
        return messages + asked

    def repair(
        self, request: Mapping[str, Any], reply: str, complaint: str
    ) -> dict[str, Any]:
        """The request that sends *reply* back with what is wrong with it."""
        again = [
            {"role": "assistant", "content": reply},
            {"role": "user", "content": f"{complaint} {_MEND}"},
        ]
        return {**request, "messages": [*request["messages"], *again]}


def response_format(schema: str) -> dict[str, Any]:
    """What asks an OpenAI-compatible endpoint to hold the model to *schema*."""
    value = json.loads(schema)
    return {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": _strict(value), "schema": value},
    }


def _strict(schema: object) -> bool:
    """Whether every object in it is closed and complete, as strict mode demands."""
    if isinstance(schema, list):
        return all(map(_strict, schema))
    if not isinstance(schema, dict):
        return True
    known = schema.get("properties", {})
    if schema.get("type") == "object" and (
        schema.get("additionalProperties") is not False
        or set(schema.get("required", ())) != set(known)
    ):
        return False
    return all(map(_strict, schema.values()))


_MEND = "Reply with the corrected JSON only."
