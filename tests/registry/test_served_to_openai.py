"""``suffice serve``: code written for OpenAI's API, at another address."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from openai import AuthenticationError, BadRequestError, NotFoundError, OpenAI
from starlette.testclient import TestClient

from suffice.app.cli import main
from suffice.brief import Brief
from suffice.errors import CallFailed
from suffice.registry.loading import load
from suffice.registry.openai_app import create_app
from suffice.registry.record import Registry

KEY = "a-key-of-the-team"
ASKED: Any = [{"role": "user", "content": "Two"}]
SAID = '{"echo": "Two"}'
FUNCTION = {"name": "look_up", "parameters": {"type": "object", "properties": {}}}


@pytest.fixture(scope="module")
def url(served: tuple[Registry, Brief]) -> Iterator[str]:
    """Address of the served champion, as the command prints it."""
    clean = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
    process = subprocess.Popen(
        [
            *(Path(sys.executable).with_name("suffice"), "serve", "support"),
            *("--output", served[1].output, "--port", "0", "--key-env", "SERVED_KEY"),
        ],
        env={**clean, "SERVED_KEY": KEY},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    try:
        yield first.split()[-1]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        process.stdout.close()


@pytest.fixture(scope="module")
def client(url: str) -> OpenAI:
    return OpenAI(base_url=url, api_key=KEY, max_retries=0)


def test_a_chat_completion_is_answered_as_it_was_measured(client):
    """What is asked for beside the question stays the champion's."""
    answer = client.chat.completions.create(
        model="gpt-any", messages=ASKED, temperature=1, max_completion_tokens=5
    )

    assert (SAID, 5) == (answer.choices[0].message.content, answer.usage.total_tokens)


def test_the_example_of_the_page_works_as_it_stands(url, capsys):
    """It is what a reader copies; only address and key are theirs."""
    page = (Path(__file__).parents[2] / "docs/serving.md").read_text(encoding="utf-8")
    code = page.partition("```python\n")[2].partition("```")[0]
    exec(code.replace("http://127.0.0.1:4202/v1", url).replace("unused", KEY), {})

    assert 2 * ['{"echo": "My API returns 401 errors"}'] == (
        capsys.readouterr().out.splitlines()
    )


def test_a_streamed_chat_completion_is_the_same_answer(client):
    """Code that shows answers as they come need not be rewritten."""
    chunks = list(
        client.chat.completions.create(
            model="support",
            messages=ASKED,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    choices = [choice for chunk in chunks for choice in chunk.choices]

    assert SAID == "".join(choice.delta.content or "" for choice in choices)
    assert ("stop", 5) == (choices[-1].finish_reason, chunks[-1].usage.total_tokens)


def test_a_response_is_answered(client):
    """The newer of OpenAI's two APIs."""
    assert SAID == client.responses.create(model="support", input="Two").output_text


def test_a_streamed_response_is_put_together_by_openais_client(client):
    """Its client refuses events that do not fit each other."""
    with client.responses.stream(model="support", input="Two") as stream:
        text = "".join(
            e.delta for e in stream if e.type == "response.output_text.delta"
        )
        last = stream.get_final_response()

    assert (SAID, SAID, "completed") == (text, last.output_text, last.status)


def test_tools_of_a_request_are_called(client):
    """Examples with tools were measured with them; without, it would be guessing."""
    tools: Any = [{"type": "function", "function": FUNCTION}]
    answer = client.chat.completions.create(model="m", messages=ASKED, tools=tools)
    call = answer.choices[0].message.tool_calls[0]

    assert "tool_calls" == answer.choices[0].finish_reason
    assert ("look_up", SAID) == (call.function.name, call.function.arguments)


def test_tools_of_a_responses_request_are_called(client):
    """There a function is declared and called in other words."""
    tools: Any = [{"type": "function", "strict": None, **FUNCTION}]
    with client.responses.stream(model="m", input="Two", tools=tools) as stream:
        call = stream.get_final_response().output[0]

    assert ("function_call", "look_up", SAID) == (call.type, call.name, call.arguments)


def test_without_the_key_nothing_is_answered(url):
    """Every answer costs the server's owner money."""
    with pytest.raises(AuthenticationError, match="started with"):
        OpenAI(base_url=url, api_key="wrong", max_retries=0).models.list()


def test_a_monitor_needs_no_key(url):
    """What looks whether it is alive should hold no secret."""
    with urllib.request.urlopen(url.replace("/v1", "/healthz"), timeout=30) as reply:
        assert b'"status":"ok"' in reply.read()


def test_its_model_is_listed_by_name(client):
    """Programs that choose from the list find the brief's name there."""
    assert ["support"] == [model.id for model in client.models.list()]
    assert "support" == client.models.retrieve("support").id


def test_what_is_not_there_is_told_in_openais_words(client):
    """A client shows the sentence only where it stands in OpenAI's place."""
    with pytest.raises(NotFoundError, match="/v1/embeddings"):
        client.embeddings.create(model="support", input="Two")
    with pytest.raises(BadRequestError, match="earlier answers"):
        client.responses.create(model="m", input="Two", previous_response_id="resp_1")


class Down:
    """A champion whose endpoint is gone."""

    def submit(self, asked: Any, tools: Any) -> Future[Any]:
        del asked, tools
        failed: Future[Any] = Future()
        failed.set_exception(CallFailed("the endpoint does not answer"))
        return failed


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b'{"messages": [{"role": "user", "content": "x"}]}', 503, "does not answer"),
        (b"{", 400, "no JSON"),
        (b'{"model": "m"}', 400, "'messages'"),
        (b'{"messages": "x"}', 400, "no list of messages"),
    ],
)
def test_a_client_is_told_whether_to_try_again(served, body, status, says):
    """After a 503 it does; after a 400 it shows what was wrong with its request."""
    app = TestClient(create_app(load(served[0], "support"), Down()))
    reply = app.post("/v1/chat/completions", content=body)

    assert status == reply.status_code
    assert says in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--host", "0.0.0.0"], "at your expense"),
        (["--key-env", "NO_SUCH_VARIABLE"], "'NO_SUCH_VARIABLE' is empty"),
    ],
)
def test_nobody_serves_the_whole_network_by_mistake(monkeypatch, capsys, options, says):
    """An open port would be an open purse."""
    monkeypatch.setattr(sys, "argv", ["suffice", "serve", "support", *options])
    with pytest.raises(SystemExit) as ended:
        main()

    assert 2 == ended.value.code
    assert says in capsys.readouterr().err
