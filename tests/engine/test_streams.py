"""The time to the first token, and the same answer as without a stream."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from aiohttp import web
from engine_fakes import ZERO_SHOT, FakeModel, design, desk, echo, examples
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.errors import CallFailed
from suffice.measuring.measure import measure
from suffice.measuring.models import OpenAIModel
from suffice.measuring.responses import ResponseStore
from suffice.measuring.streams import Stream

REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
USAGE = {"prompt_tokens": 9, "completion_tokens": 2, "cpu_s": 0.5}


def chunk(delta=None, finish=None, **more):
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return (
        b"data: " + json.dumps({"model": "m-1", "choices": [choice], **more}).encode()
    )


ROLE = chunk({"role": "assistant", "content": ""})
LAST = b'data: {"choices": [], "usage": ' + json.dumps(USAGE).encode() + b"}"
DONE = b"data: [DONE]"
WHOLE = [ROLE, chunk({"content": "Hel"}), chunk({"content": "lo"}), chunk({}, "stop")]


def events(*chunks, pause_s=0.0):
    """A reply of these events, the first of them at once."""

    async def send(request):
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for one in chunks:
            await response.write(one + b"\n\n")
            await asyncio.sleep(pause_s)
        return response

    return send


def complete(endpoint):
    async def run():
        model = OpenAIModel(
            endpoint.base_url, "k", first_wait_s=0.001, measure_ttft=True
        )
        async with model:
            return await model.complete(REQUEST)

    return asyncio.run(run())


def test_the_first_token_is_timed(endpoint):
    """An empty chunk with the role is no token; users wait for the first word."""
    endpoint.script = [events(*WHOLE, LAST, DONE, pause_s=0.05)]

    got = complete(endpoint)

    assert ("Hello", "stop", 9, 2, 0.5) == (
        got.text,
        got.finish_reason,
        got.input_tokens,
        got.output_tokens,
        got.cpu_s,
    )
    assert 0.05 <= got.ttft_s <= got.latency_s
    assert {"include_usage": True} == endpoint.requests[0]["stream_options"]


def test_tool_calls_come_in_parts(endpoint):
    """Their arguments are cut anywhere; scored is the whole call."""

    def part(**function):
        return chunk({"tool_calls": [{"index": 0, "function": function}]})

    call = part(name="get", arguments=""), part(arguments='{"a"'), part(arguments=":1}")
    endpoint.script = [events(ROLE, *call, chunk({}, "tool_calls"), DONE)]

    assert '[{"arguments": {"a": 1}, "name": "get"}]' == complete(endpoint).text


@pytest.mark.parametrize(
    "broken",
    [
        events(ROLE, chunk({"content": "Hel"})),
        events(ROLE, b'data: {"error": {"message": "overloaded"}}'),
        events(ROLE, b"data: {"),
    ],
)
def test_half_an_answer_is_asked_for_again(endpoint, broken):
    """A stream that breaks off must not be scored as a short, wrong answer."""
    endpoint.script = [broken, events(*WHOLE, DONE)]

    assert "Hello" == complete(endpoint).text
    assert 2 == len(endpoint.requests)


def test_an_endpoint_that_cannot_stream_is_no_reason_to_fail(endpoint):
    """Its answers count; only the time to the first token stays unknown."""

    async def whole(_):
        choice = {"message": {"content": "Hello"}, "finish_reason": "stop"}
        return web.json_response({"choices": [choice], "usage": USAGE})

    endpoint.script = [whole]
    got = complete(endpoint)

    assert ("Hello", None) == (got.text, got.ttft_s)


def test_a_refusal_by_status_is_read_as_without_a_stream(endpoint):
    """The content filter answers before anything is streamed."""

    async def filtered(_):
        error = {"message": "no", "code": "content_filter"}
        return web.json_response({"error": error}, status=400)

    endpoint.script = [filtered]

    assert "content_filter" == complete(endpoint).finish_reason


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 400), max_size=20))
def test_it_does_not_matter_how_the_bytes_are_cut(cuts):
    """Networks cut where they like: in the middle of a line, of a character."""
    data = b"\r\n\r\n".join([*WHOLE, chunk({"content": "é \U0001f300"}), DONE, b""])
    stream, rest = Stream(), data
    for cut in cuts:
        stream.feed(rest[:cut], 1.0)
        rest = rest[cut:]
    stream.feed(rest, 2.0)

    message = json.loads(stream.body())["choices"][0]["message"]
    assert "Helloé \U0001f300" == message["content"]


def test_the_first_token_is_the_first_that_says_something():
    """The role and an empty text come at once, whoever is to be waited for."""
    stream = Stream()
    for at, one in enumerate([*WHOLE, DONE], 1):
        stream.feed(one + b"\n\n", float(at))

    assert 2.0 == stream.first_at


def test_nothing_at_all_is_no_answer():
    """A server that closes at once has not answered with an empty text."""
    with pytest.raises(CallFailed, match="ended before"):
        Stream().body()


def test_stored_answers_serve_whether_streamed_or_not(endpoint, tmp_path):
    """Asking how fast an endpoint is must not cost all its answers again."""
    endpoint.script = [events(*WHOLE, DONE)]

    def run(model, store):
        return measure(
            ZERO_SHOT,
            examples(30),
            desk=desk(model, store=store),
            design=design(30, bar=0.5),
        )[0]

    with ResponseStore(tmp_path / "responses.db") as store:
        first = run(OpenAIModel(endpoint.base_url, "k", measure_ttft=True), store)
        plain = FakeModel(echo)
        second = run(plain, store)

    assert [] == plain.asked
    assert 0 < first.ttft_p50_s <= first.latency_p50_s <= first.latency_p99_s
    assert first == replace(second, n_calls=first.n_calls, n_reused=0)
