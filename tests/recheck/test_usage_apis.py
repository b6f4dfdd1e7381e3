"""Usage from services: OpenAI's usage API, Prometheus, MLflow traces."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from recheck_kit import Loopback

from suffice.economics.terms import DAYS_PER_MONTH
from suffice.economics.usage import UsageSummary
from suffice.errors import EnvironmentFailed, UnusableInput
from suffice.rechecking import MlflowUsage, OpenAIUsage, PrometheusUsage, Usage
from suffice.registry.store import open_client
from suffice.usage.reading import read_usage

NOW_S = 1_795_000_000.0
DAY_S = 86_400
KEY = "sk-admin-very-secret"


def read(tmp_path: Path, usage: Usage, now_s: float = NOW_S) -> UsageSummary:
    found = read_usage(usage, kept=tmp_path / "kept", output=tmp_path, now_s=now_s)
    assert found is not None
    return found


def bucket_of(start_s: int, n: int) -> dict[str, Any]:
    """One day as OpenAI tells it, in two rows."""
    row = {
        "object": "organization.usage.completions.result",
        "input_tokens": 700 * n,
        "output_tokens": 50 * n,
        "input_cached_tokens": 500 * n,
        "num_model_requests": n,
    }
    return {
        "object": "bucket",
        "start_time": start_s,
        "end_time": start_s + DAY_S,
        "results": [row, row],
    }


@pytest.fixture
def openai() -> Iterator[Loopback]:
    """Thirty days on pages of eleven."""

    def answer(path: str, body: Any) -> Any:
        query = parse_qs(urlsplit(path).query)
        start, page = int(query["start_time"][0]), int(query.get("page", ["0"])[0])
        days = range(page, min(page + 11, 30))
        more = page + 11 < 30
        return {
            "object": "page",
            "data": [bucket_of(start + day * DAY_S, 100) for day in days],
            "has_more": more,
            "next_page": str(page + 11) if more else None,
        }

    served = Loopback(answer)
    yield served
    served.stop()


@pytest.fixture
def admin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ADMIN_KEY", KEY)


def test_openai_usage_is_added_up_over_all_pages(
    tmp_path: Path, openai: Loopback, admin: None
) -> None:
    """200 requests a day, on three pages."""
    usage = Usage(openai=OpenAIUsage(base_url=f"{openai.url}/v1"), model="gpt-6-luna")
    found = read(tmp_path, usage)

    assert found.requests_per_month == pytest.approx(200 * DAYS_PER_MONTH, rel=1e-3)
    assert (700, 50, 500) == (
        found.input_tokens,
        found.output_tokens,
        found.cached_tokens,
    )
    assert 3 == len(openai.paths)
    assert "models%5B%5D=gpt-6-luna" in openai.paths[0]
    assert f"Bearer {KEY}" == openai.headers[0]["Authorization"]


def test_without_the_admin_key_the_variable_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The usual key may not read usage."""
    monkeypatch.delenv("OPENAI_ADMIN_KEY", raising=False)

    with pytest.raises(EnvironmentFailed, match="'OPENAI_ADMIN_KEY'"):
        read(tmp_path, Usage(openai=OpenAIUsage()))


def test_a_refused_key_is_not_repeated_in_the_message(
    tmp_path: Path, admin: None
) -> None:
    """Messages are logged and shown; keys must not be."""
    refusing = Loopback(lambda path, body: (401, {"error": {"message": KEY}}))
    usage = Usage(openai=OpenAIUsage(base_url=refusing.url))
    with pytest.raises(EnvironmentFailed, match="answered 401") as caught:
        read(tmp_path, usage)
    refusing.stop()

    assert KEY not in str(caught.value)
    assert 1 == len(refusing.paths)


def test_a_busy_api_is_asked_again(
    tmp_path: Path, openai: Loopback, admin: None
) -> None:
    """A re-check at three in the morning must not fail for one 503."""
    tried: list[str] = []

    def answer(path: str, body: Any) -> Any:
        tried.append(path)
        data = [bucket_of(int(NOW_S // DAY_S - 3) * DAY_S, 5)]
        return (503, {}) if len(tried) == 1 else {"data": data, "has_more": False}

    busy = Loopback(answer)
    found = read(tmp_path, Usage(openai=OpenAIUsage(base_url=busy.url)))
    busy.stop()

    assert (2, 10) == (len(tried), found.n_requests)


def series(path: str, each: dict[str, float]) -> dict[str, Any]:
    """What Prometheus answers: two series with one value at each step."""
    query = {k: v[0] for k, v in parse_qs(urlsplit(path).query).items()}
    steps = range(int(query["start"]), int(query["end"]) + 1, int(query["step"]))
    values = [[at, str(each[query["query"]] / 2)] for at in steps]
    result = [{"metric": {"pod": pod}, "values": values} for pod in "ab"]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


def test_prometheus_counters_are_read_by_day(tmp_path: Path) -> None:
    """300 requests a day over two pods, 250 tokens in and 30 out each."""
    each = {"r": 300.0, "i": 300.0 * 250, "o": 300.0 * 30}
    served = Loopback(lambda path, body: series(path, each))
    source = PrometheusUsage(
        url=served.url, requests="r", input_tokens="i", output_tokens="o"
    )
    found = read(tmp_path, Usage(prometheus=source))
    served.stop()

    assert found.requests_per_month == pytest.approx(300 * DAYS_PER_MONTH, rel=1e-3)
    assert (250, 30, None) == (
        found.input_tokens,
        found.output_tokens,
        found.cached_tokens,
    )


def test_a_query_without_a_series_is_named(tmp_path: Path) -> None:
    """A misspelt metric must not look like a feature nobody uses."""
    served = Loopback(lambda path, body: {"status": "success", "data": {}})
    source = PrometheusUsage(
        url=served.url, requests="llm_request_total", input_tokens="i", output_tokens=""
    )
    with pytest.raises(UnusableInput, match="'llm_request_total'"):
        read(tmp_path, Usage(prometheus=source))
    served.stop()


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An MLflow store with four traces of a feature, 120 tokens in and 8 out each."""
    folder = tmp_path_factory.mktemp("mlflow")
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    client = open_client(uri, folder)
    import mlflow

    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    made = client.create_experiment("support", artifact_location=folder.as_uri())
    for _ in range(4):
        span = client.start_trace("ask", experiment_id=made)
        span.set_attribute(
            "mlflow.chat.tokenUsage",
            {"input_tokens": 120, "output_tokens": 8, "total_tokens": 128},
        )
        client.end_trace(span.trace_id)
    mlflow.flush_trace_async_logging()
    yield uri
    mlflow.set_tracking_uri(before)


def test_mlflow_adds_up_its_traces(tmp_path: Path, traced: str) -> None:
    """The sums come from the store: no trace is fetched."""
    usage = Usage(mlflow=MlflowUsage(experiment="support", tracking_uri=traced))
    found = read(tmp_path, usage, time.time() + 1)

    assert 4 == found.n_requests
    assert (120, 8) == (found.input_tokens, found.output_tokens)


def test_an_experiment_that_is_not_there_is_named(tmp_path: Path, traced: str) -> None:
    """Traces go where the application says; the two names must agree."""
    usage = Usage(mlflow=MlflowUsage(experiment="nobody", tracking_uri=traced))

    with pytest.raises(UnusableInput, match="'nobody'"):
        read(tmp_path, usage)
