"""The endpoint's own word on what it switches off wins over the price file."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from econ_cases import brief, measured

from suffice.brief import Brief, Endpoint, Models
from suffice.economics.decide import decide
from suffice.errors import CallFailed
from suffice.measuring.retirements import shutdown_on
from suffice.stages.shutdowns import prices_told

TOLD = {"gpt-4.1-mini": "2026-12-24", "gpt-6-luna": None}


class _Models(BaseHTTPRequestHandler):
    """``/v1/models/MODEL`` of an endpoint that knows when its models end."""

    asked: list[str]

    def do_GET(self) -> None:
        model = self.path.removeprefix("/v1/models/")
        self.asked.append(model)
        known = model in TOLD
        body = {"error": {"message": "no such model"}}
        if known:
            body = {
                "id": model,
                "object": "model",
                "created": 1,
                "owned_by": "x",
                "shutdown_date": TOLD[model],
            }
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def endpoint() -> Iterator[tuple[str, list[str]]]:
    """Its address, and what it was asked."""
    asked: list[str] = []
    handler = type("Handler", (_Models,), {"asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1", asked
    server.shutdown()
    server.server_close()
    thread.join()


def about(url: str, output: Path) -> Brief:
    """A brief that prompts luna and tunes 4.1-mini at that endpoint."""
    models = Models(
        endpoint=Endpoint(base_url=url), base=("gpt-6-luna",), tunable="gpt-4.1-mini"
    )
    return brief(models=models, output=str(output))


def test_the_day_the_endpoint_tells_wins_over_the_file(
    endpoint: tuple[str, list[str]], tmp_path: Path
) -> None:
    """The file says 14 January 2027; the provider has moved it to Christmas Eve."""
    book = prices_told(about(endpoint[0], tmp_path))

    assert book.shutdown("gpt-4.1-mini") == date(2026, 12, 24)
    assert book.shutdown("ft:gpt-4.1-mini:me:x:1") == date(2026, 12, 24)
    assert book.shutdown("gpt-4.1") == date(2027, 1, 14)


def test_an_endpoint_is_asked_once_a_day_and_then_remembered(
    endpoint: tuple[str, list[str]], tmp_path: Path
) -> None:
    """A climb decides several times; the answer does not change by the minute."""
    url, asked = endpoint
    books = [prices_told(about(url, tmp_path)) for _ in range(3)]

    assert asked == ["gpt-6-luna", "gpt-4.1-mini"]
    assert {b.shutdown("gpt-4.1-mini") for b in books} == {date(2026, 12, 24)}


def test_an_endpoint_that_is_away_leaves_what_was_told_before(
    endpoint: tuple[str, list[str]], tmp_path: Path
) -> None:
    """A re-check at night must not fail, nor forget."""
    url, _ = endpoint
    prices_told(about(url, tmp_path))
    path = tmp_path / "shutdowns.json"
    kept = path.read_text().replace(str(date.today().year), "2020")
    path.write_text(kept.replace(url, "http://127.0.0.1:9/v1"))
    book = prices_told(about("http://127.0.0.1:9/v1", tmp_path))

    assert book.shutdown("gpt-4.1-mini") is not None


def test_a_model_the_endpoint_does_not_know_has_no_day(
    endpoint: tuple[str, list[str]],
) -> None:
    """Nor has one without an announcement; neither is an error."""
    assert shutdown_on(endpoint[0], "none", "gpt-6-luna") is None
    assert shutdown_on(endpoint[0], "none", "no-such") is None


def test_no_answer_at_all_is_told_apart_from_no_day() -> None:
    """Else an outage would read as a model that lives for ever."""
    with pytest.raises(CallFailed, match="did not say when"):
        shutdown_on("http://127.0.0.1:9/v1", "none", "gpt-6-luna", timeout_s=2)


def test_the_embedded_server_is_not_asked(tmp_path: Path) -> None:
    """What runs on this machine is retired by nobody else, and nothing is started."""
    local = brief(models=Models(), output=str(tmp_path))

    assert dict(prices_told(local).shutdowns) == {}
    assert list(tmp_path.iterdir()) == []


def test_a_verdict_keeps_what_it_was_told(
    endpoint: tuple[str, list[str]], tmp_path: Path
) -> None:
    """It is explained years later, when the endpoint no longer answers."""
    told = about(endpoint[0], tmp_path)
    verdict = decide(
        [measured("few-shot", "gpt-4.1-mini")],
        brief=told,
        book=prices_told(told),
        on=date(2026, 11, 21),
        climb_id="c",
        data_fingerprint="f",
    )

    assert verdict.shutdown_on == date(2026, 12, 24)
    assert verdict.shutdowns_told == {"gpt-4.1-mini": date(2026, 12, 24)}
