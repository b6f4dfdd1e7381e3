"""What each fault of an endpoint costs, and how it ends."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import web
from model_calls import REQUEST, ask, body, error, reply

from suffice.errors import CallFailed, SpendingStopped
from suffice.measuring.models import OpenAIModel
from suffice.results import Completion


async def truncated(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"choices": [')
    assert request.transport is not None
    request.transport.close()
    return response


async def cut_off(request: web.Request) -> web.StreamResponse:
    return web.Response(body=json.dumps(body())[:40].encode())


async def silent(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(5)
    return web.json_response(body())


def test_reads_text_usage_and_cpu_seconds(endpoint):
    """Money and CPU seconds are reckoned from the reply: they must survive."""
    endpoint.script = [reply()]

    got = ask(endpoint)

    assert (
        Completion(
            text="Hello.",
            model="m-1",
            finish_reason="stop",
            input_tokens=9,
            cached_tokens=4,
            output_tokens=2,
            latency_s=got.latency_s,
            cpu_s=0.25,
        )
        == got
    )
    assert endpoint.requests == [REQUEST]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(error(500), id="500"),
        pytest.param(error(503), id="503"),
        pytest.param(error(408), id="408"),
        pytest.param(error(409), id="409"),
        pytest.param(error(429), id="429"),
        pytest.param(error(429, headers={"Retry-After": "0.1"}), id="retry-after"),
        pytest.param(error(429, headers={"Retry-After-Ms": "50"}), id="after-ms"),
        pytest.param(truncated, id="connection lost"),
        pytest.param(cut_off, id="cut-off JSON"),
        pytest.param(reply(content=body(choices=[])), id="no choices"),
    ],
)
def test_a_passing_fault_costs_one_more_call(endpoint, fault):
    """One layer of retries: a fault that passes costs one call, not three."""
    endpoint.script = [fault, reply()]

    got = ask(endpoint)

    assert (got.text, len(endpoint.requests)) == ("Hello.", 2)


def test_a_call_that_takes_too_long_is_tried_again(endpoint):
    """A lost call must not stop a climb of thousands."""
    endpoint.script = [silent, reply()]

    got = ask(endpoint, timeout_s=0.3)

    assert got.text == "Hello."
    assert len(endpoint.requests) >= 2


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "invalid_api_key"),
        (403, "unsupported_country"),
        (429, "insufficient_quota"),
        (429, "credit_balance_exhausted"),
        (429, "project_spend_limit_exceeded"),
        (429, "organization_usage_limit_exceeded"),
    ],
)
def test_money_and_access_stop_the_spending_at_once(endpoint, status, code):
    """A key that is out of money stays so: further calls only hide it."""
    endpoint.script = [error(status, code)]

    with pytest.raises(SpendingStopped, match=str(status)):
        ask(endpoint)

    assert len(endpoint.requests) == 1


def test_what_can_never_succeed_is_asked_once(endpoint):
    """A wrong model name costs one call per example, not five."""
    endpoint.script = [error(404, "model_not_found")]

    with pytest.raises(CallFailed, match="model_not_found"):
        ask(endpoint)

    assert len(endpoint.requests) == 1


def test_redirects_are_not_followed(endpoint):
    """A redirect to another host would send it the user's data."""
    away = {"Location": f"{endpoint.base_url}/elsewhere"}
    endpoint.script = [error(307, headers=away), reply()]

    with pytest.raises(CallFailed, match=r"redirects to .*/elsewhere"):
        ask(endpoint)

    assert len(endpoint.requests) == 1


def test_a_fault_that_stays_ends_after_five_calls(endpoint):
    """Trying for ever is not an answer either."""
    endpoint.script = [error(500, headers={"Retry-After": "0"})]

    with pytest.raises(CallFailed, match="after 5 attempts: HTTP 500"):
        ask(endpoint)

    assert len(endpoint.requests) == 5


def test_nobody_there_is_a_failed_call():
    """A server that is down must read as that, in a sentence."""

    class Nowhere:
        base_url = "http://127.0.0.1:9/v1"

    with pytest.raises(CallFailed, match="did not answer"):
        ask(Nowhere, deadline_s=0.01)


def test_a_content_filter_is_an_answer_of_a_kind(endpoint):
    """The feature got no answer in production either: that is no missing call."""
    endpoint.script = [error(400, "content_filter")]

    got = ask(endpoint)

    assert (got.text, got.finish_reason) == ("", "content_filter")


def test_tool_calls_are_read_as_json(endpoint):
    """Examples write a wanted tool call as JSON; the answer must be comparable."""
    call = {"function": {"name": "find", "arguments": '{"id": 7}'}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    endpoint.script = [reply(content=body(choices=[{"message": message}]))]

    assert ask(endpoint).text == '[{"arguments": {"id": 7}, "name": "find"}]'


def test_half_a_character_is_no_reason_to_lose_a_call(endpoint):
    """Answers cut off by the token limit may end, and questions be, half an emoji."""
    half = {"role": "assistant", "content": "Well \ud83d"}
    endpoint.script = [reply(content=body(choices=[{"message": half}]))]

    async def once() -> Completion:
        asked = {**REQUEST, "messages": [{"role": "user", "content": "\ud83d?"}]}
        async with OpenAIModel(endpoint.base_url, "secret", 10, 4) as model:
            return await model.complete(asked)

    got = asyncio.run(once())

    assert got.text == "Well ?"
    assert endpoint.requests[0]["messages"][0]["content"] == "\ud83d?"


def test_without_usage_tokens_are_estimated(endpoint):
    """A server that reports no usage must not look free."""
    endpoint.script = [reply(content=body(usage=None))]

    got = ask(endpoint)

    assert min(got.input_tokens, got.output_tokens) > 0


def test_one_model_serves_one_event_loop_after_another(endpoint):
    """Each measurement runs a loop of its own, with the same model."""
    endpoint.script = [reply()]
    model = OpenAIModel(endpoint.base_url, "secret", 10, 4)

    async def once() -> str:
        async with model:
            return (await model.complete(REQUEST)).text

    assert [asyncio.run(once()), asyncio.run(once())] == ["Hello.", "Hello."]


def test_the_key_is_not_shown():
    """Reprs end up in logs."""
    assert "secret" not in repr(OpenAIModel("http://x/v1", "secret", 10, 4))


def test_the_proxy_of_the_environment_is_used(endpoint, monkeypatch):
    """Behind a company's proxy nothing else leads out."""
    endpoint.script = [reply()]
    monkeypatch.setenv("http_proxy", endpoint.base_url.removesuffix("/v1"))
    monkeypatch.setenv("no_proxy", "")

    async def run() -> Completion:
        async with OpenAIModel("http://models.example.invalid/v1", "k") as model:
            return await model.complete(REQUEST)

    assert "Hello." == asyncio.run(run()).text


def test_the_key_goes_where_the_endpoint_is_and_nowhere_else(endpoint):
    """Sent with every call, as the openai client would send it."""
    endpoint.script = [reply()]

    async def run() -> Completion:
        async with OpenAIModel(endpoint.base_url, "secret") as model:
            return await model.complete(REQUEST)

    asyncio.run(run())

    assert "Bearer secret" == endpoint.headers[0]["Authorization"]
    assert "application/json" == endpoint.headers[0]["Content-Type"]
