"""
Requests for a Batch API as a file, and its answers: written and read, not sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from suffice.brief import Judge
from suffice.candidates import Candidate
from suffice.errors import CallFailed
from suffice.examples import Example
from suffice.measuring.asking import ask_all
from suffice.measuring.calls import Desk, sitting
from suffice.measuring.judge import JudgeScorer
from suffice.measuring.replies import read_reply
from suffice.measuring.responses import response_key
from suffice.measuring.turn import take_turn
from suffice.results import Completion

Requests = dict[str, Mapping[str, Any]]
"""Requests by the key of their answer."""


class _Reply(msgspec.Struct):
    status_code: int = 0
    body: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)


class _Line(msgspec.Struct):
    custom_id: str
    response: _Reply | None = None


_decoder = msgspec.json.Decoder(_Line)


def wanted(candidate: Candidate, examples: Sequence[Example], desk: Desk) -> Requests:
    """
    The next request for each example, where its answer is not stored.

    A repair can only be asked for once there is something to repair.
    """
    return asyncio.run(_wanted(candidate, examples, desk))


async def _wanted(
    candidate: Candidate, examples: Sequence[Example], desk: Desk
) -> Requests:
    found: Requests = {}

    async def complete(request: Mapping[str, Any]) -> Completion:
        key = response_key(desk.endpoint_name, request)
        stored = desk.store.get(key) if desk.store else None
        if stored is None:
            found[key] = request
            raise CallFailed("it is asked in a batch")
        return stored

    async with sitting(desk):
        for example in examples:
            try:
                await take_turn(candidate, example, complete, desk.finds)
            except CallFailed:
                continue
    return found


def verdicts_wanted(
    candidate: Candidate,
    examples: Sequence[Example],
    desk: Desk,
    judge: Judge,
    judges: Desk,
) -> Requests:
    """
    What *judge*, at the desk *judges*, has to be asked about the stored answers.

    Verdicts that are stored are left out, and so are answers that are still missing.
    """
    collecting = _Collecting()
    asking = JudgeScorer(judge, replace(judges, model=collecting, budget=None))
    at = replace(desk, model=_Collecting(), scorer=asking, budget=None)
    ask_all(candidate, examples, at)
    return {response_key(judges.endpoint_name, r): r for r in collecting.requests}


class _Collecting:
    """Answers nothing, and remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[Mapping[str, Any]] = []

    async def complete(self, request: Mapping[str, Any]) -> Completion:
        self.requests.append(request)
        raise CallFailed("it is asked in a batch")


def write_batch(requests: Requests) -> bytes:
    """One line of JSON for each request, in the order of their keys."""
    lines = [
        {
            "custom_id": key,
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": requests[key],
        }
        for key in sorted(requests)
    ]
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)


def read_batch(content: bytes) -> Iterator[tuple[str, Completion]]:
    """
    The answers in a batch's output, by key; requests that failed are left out.

    How long one took is not known: its latency is 0.
    """
    for line in content.splitlines():
        if not line.strip():
            continue
        read = _decoder.decode(line)
        if read.response is None or read.response.status_code != 200:
            continue
        try:
            body = bytes(read.response.body)
            yield read.custom_id, read_reply(body, sent=b"", latency_s=0.0)
        except CallFailed:
            continue
