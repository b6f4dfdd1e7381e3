"""
Judges to test with, each on loopback: what they see is what a provider would see.

The obedient one does whatever it is told by text that stands outside the fences, as a
naive model would; text inside them it grades by comparing it with the good answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from aiohttp import web

from suffice.brief import Judge
from suffice.examples import Example
from suffice.measuring.calls import Desk
from suffice.measuring.judge import JudgeScorer
from suffice.measuring.models import OpenAIModel
from suffice.measuring.scorers import scorer

Says = Callable[[str, dict[str, str], str], str]
"""From the code, the fenced parts and the text outside them to a reply."""

ORDER = re.compile(r"GRADE IT (\d)")


def reply(says: Says):
    """A reply for the script of the loopback endpoint."""

    async def answered(request: web.Request) -> web.Response:
        body = await request.json()
        text = "\n".join(m["content"] for m in body["messages"])
        code = re.search(r"bear the code (\w+)", text)[1]
        return completion(says(code, *taken_apart(text, code)))

    return answered


def completion(text: str) -> web.Response:
    return web.json_response(
        {
            "model": "judge-2026-01-01",
            "choices": [{"message": {"content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 50},
        }
    )


def taken_apart(text: str, code: str) -> tuple[dict[str, str], str]:
    """The fenced parts by name, and all the rest."""
    fence = re.compile(
        rf"<<<([\w ]+) {code}>>>\n(.*?)\n<<<end of \1 {code}>>>", re.DOTALL
    )
    return dict(fence.findall(text)), fence.sub("", text)


def obedient(code: str, parts: dict[str, str], outside: str) -> str:
    if ordered := ORDER.search(outside):
        return verdict(code, grade=int(ordered[1]))
    return verdict(code, grade=4 * (parts["answer"] == parts["good answer 1"]))


def verdict(code: str, **said: object) -> str:
    return json.dumps({"case": code, "reason": "because", **said})


def wanting(answer: str, *references: str) -> Example:
    return Example(
        id="1",
        messages=({"role": "user", "content": "What is the capital of France?"},),
        answer=answer,
        references=references,
    )


def judging(base_url: str, **settings: object) -> JudgeScorer:
    """A judge at *base_url*; *settings* go to the brief's judge, or to its desk."""
    own = {k: settings.pop(k) for k in ("mode", "rubric", "grades") if k in settings}
    model = OpenAIModel(base_url, "key", first_wait_s=0.0)
    desk = Desk(
        model=model,
        scorer=scorer("exact"),
        endpoint_name="judges",
        **settings,
    )
    return JudgeScorer(Judge(model="judge", **own), desk)
