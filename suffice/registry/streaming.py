"""
A whole answer as the events of a stream, for clients that ask for one.

The answer is whole before it is sent: a champion's rules (its format, its one repair)
hold for whole answers only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def chat_events(body: Mapping[str, Any], *, with_usage: bool) -> Iterator[str]:
    """The chat completion *body* as server-sent events; usage last, where wanted."""
    head = {key: body[key] for key in ("id", "created", "model")}
    head["object"] = "chat.completion.chunk"
    choice = body["choices"][0]
    said = choice["message"]
    delta = {key: said[key] for key in ("role", "content") if key in said}
    if calls := said.get("tool_calls"):
        delta["tool_calls"] = [{**call, "index": n} for n, call in enumerate(calls)]
    for part, finish in ((delta, None), ({}, choice["finish_reason"])):
        told = {"index": 0, "delta": part, "finish_reason": finish, "logprobs": None}
        yield _event({**head, "choices": [told]})
    if with_usage:
        yield _event({**head, "choices": [], "usage": body["usage"]})
    yield "data: [DONE]\n\n"


def response_events(body: Mapping[str, Any]) -> Iterator[str]:
    """The response *body* as server-sent events, each with its type and number."""
    started = {**body, "status": "in_progress", "output": [], "usage": None}
    told: list[tuple[str, dict[str, Any]]] = [
        ("response.created", {"response": started})
    ]
    for at, item in enumerate(body["output"]):
        is_text = item["type"] == "message"
        empty: dict[str, Any] = {"content": []} if is_text else {"arguments": ""}
        begun = {**item, **empty, "status": "in_progress"}
        told.append(("response.output_item.added", {"output_index": at, "item": begun}))
        told += _text_parts(at, item) if is_text else _arguments(at, item)
        told.append(
            ("response.output_item.done", {"output_index": at, "item": dict(item)})
        )
    told.append((f"response.{body['status']}", {"response": dict(body)}))
    for number, (kind, content) in enumerate(told):
        event = {"type": kind, "sequence_number": number, **content}
        yield f"event: {kind}\n{_event(event)}"


def _text_parts(at: int, item: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    where = {"item_id": item["id"], "output_index": at, "content_index": 0}
    part = item["content"][0]
    text = part["text"]
    return [
        ("response.content_part.added", {**where, "part": {**part, "text": ""}}),
        ("response.output_text.delta", {**where, "delta": text, "logprobs": []}),
        ("response.output_text.done", {**where, "text": text, "logprobs": []}),
        ("response.content_part.done", {**where, "part": part}),
    ]


def _arguments(at: int, item: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    where = {"item_id": item["id"], "output_index": at}
    given = item["arguments"]
    return [
        ("response.function_call_arguments.delta", {**where, "delta": given}),
        (
            "response.function_call_arguments.done",
            {**where, "name": item["name"], "arguments": given},
        ),
    ]


def _event(body: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(body)}\n\n"
