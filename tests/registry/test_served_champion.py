"""``mlflow models serve`` on the champion, asked over HTTP by OpenAI's own client."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pytest
from mlflow.exceptions import MlflowException
from openai import BadRequestError, OpenAI
from openai.types.chat import ChatCompletion
from openai.types.responses import Response

from suffice.brief import Brief
from suffice.registry.loading import fetch
from suffice.registry.record import Registry


@contextmanager
def serving(registry: Registry, model: str) -> Iterator[str]:
    """Address of a server of that model, as the page in docs/ starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # MLflow looks uvicorn up, as in an environment that is activated.
    here = str(Path(sys.executable).parent)
    env = {
        **os.environ,
        "PATH": f"{here}{os.pathsep}{os.environ['PATH']}",
        "MLFLOW_TRACKING_URI": registry.tracking_uri,
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", model]
    log = registry.default_artifacts.parent / f"serve-{port}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--env-manager", "local", "--port", str(port)],
            env=env,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(480):
            assert process.poll() is None, log.read_text()[-2000:]
            try:
                urllib.request.urlopen(f"{url}/ping", timeout=2).close()
                break
            except OSError:
                time.sleep(0.25)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def champion(served: tuple[Registry, Brief]) -> Iterator[str]:
    with serving(served[0], "models:/support@champion") as url:
        yield url


def client(url: str) -> OpenAI:
    return OpenAI(base_url=url, api_key="unused", max_retries=0)


def test_it_answers_a_chat_completion_request(champion: str):
    """The body and the answer are OpenAI's; MLflow's path is /invocations."""
    body = {"model": "any", "messages": [{"role": "user", "content": "Two"}]}
    answer = client(champion).post("/invocations", body=body, cast_to=ChatCompletion)

    assert '{"echo": "Two"}' == answer.choices[0].message.content
    assert 5 == answer.usage.total_tokens


def test_it_answers_a_responses_request(champion: str):
    """The newer of OpenAI's two shapes."""
    answer = client(champion).post(
        "/invocations", body={"input": "Two"}, cast_to=Response
    )

    assert '{"echo": "Two"}' == answer.output_text


def test_what_it_cannot_do_is_refused_with_400(champion: str):
    """A caller who sent nonsense must not think that the model is down."""
    with pytest.raises(BadRequestError, match="does not stream"):
        client(champion).post(
            "/invocations",
            body={"messages": [{"role": "user", "content": "x"}], "stream": True},
            cast_to=ChatCompletion,
        )


def asked(url: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        f"{url}/invocations",
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


def test_lists_of_questions_are_answered_as_before(champion: str):
    """Batches have no shape of OpenAI's; chats may be of different lengths."""
    user = {"role": "user", "content": "One"}
    longer = [user, {"role": "assistant", "content": "?"}, user]
    answer = asked(champion, {"inputs": ["Two", [user], longer]})

    assert {"predictions": ['{"echo": "Two"}'] + 2 * ['{"echo": "One"}']} == answer


def test_an_endpoint_that_is_down_is_told_as_503(served, tmp_path, monkeypatch):
    """Monitors tell apart a bad request and a model that does not answer."""
    registry, _ = served
    folder = fetch(registry, "support", tmp_path / "model")
    recipe = folder / "artifacts" / "recipe.json"
    held = json.loads(recipe.read_text())
    held["endpoint"]["base_url"] = "http://127.0.0.1:9/v1"
    recipe.write_text(json.dumps(held))

    model = mlflow.pyfunc.load_model(str(folder))
    with pytest.raises(MlflowException) as failed:
        model.predict({"input": "Two"})

    assert 503 == failed.value.get_http_status_code()


def test_a_floor_is_served_without_any_model(served, chat_of_module):
    """No language model is called, and no pickle is loaded to do without."""
    before = len(chat_of_module.asked)
    with serving(served[0], "models:/support@challenger") as url:
        answer = asked(url, {"messages": [{"role": "user", "content": "One"}]})

    assert "yes" == answer["choices"][0]["message"]["content"]
    assert before == len(chat_of_module.asked)


def test_no_registered_file_is_a_pickle(served):
    """Told by what the files are, not by how they are called."""
    registry, _ = served
    files = [p for p in registry.default_artifacts.rglob("*") if p.is_file()]
    known = {".json", ".yaml", ".txt", ".py", ".parquet", ""}
    pickled = [p for p in files if p.read_bytes()[:1] == b"\x80"]

    assert len(files) > 10
    assert [] == [p.name for p in files if p.suffix not in known]
    assert [] == pickled
