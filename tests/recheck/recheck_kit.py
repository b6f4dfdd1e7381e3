"""A climb that has ended, on disk, and a chat endpoint on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from suffice.brief import Brief, Endpoint, Models, Usage
from suffice.candidates import Candidate
from suffice.economics.decide import decide
from suffice.examples import Example, Split
from suffice.rechecking import Rechecking
from suffice.results import Measured, Verdict
from suffice.stages import kept_prices
from suffice.stages.climb import Climb, keep, keep_verdict, open_climb
from suffice.stages.table import prices, today

TODAY = date(2026, 11, 21)
MODEL = "gpt-6-luna"
TOPICS = ("card", "refund", "delivery", "invoice", "password", "address", "discount")
WAYS = (
    "Where is my {t}? It was promised for day {n}.",
    "I have a question about the {t} of order {n}.",
    "Somebody changed the {t} on account {n} and I want it back.",
    "Please cancel the {t} I asked for {n} days ago.",
    "How do I get a {t} for customer {n}?",
)
NEW = (
    "Does the solar panel number {n} work at night or under snow?",
    "What firmware does inverter {n} need to talk to the battery?",
    "Can the roof of house {n} carry photovoltaic modules?",
)


def question(n: int) -> str:
    """The n-th question of the usual kind."""
    return WAYS[n % 5].format(t=TOPICS[(n * 3 + n // 7) % 7], n=n)


def new_question(n: int) -> str:
    """The n-th question of a kind nobody has tested."""
    return NEW[n % 3].format(n=n)


def chat(text: str, answer: str | None = None) -> dict[str, Any]:
    """One line of a chat file, with the wanted answer or without."""
    messages = [{"role": "user", "content": text}]
    if answer is not None:
        messages.append({"role": "assistant", "content": answer})
    return {"messages": messages}


def write_jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def brief_of(folder: Path, base_url: str | None = None, **changes: Any) -> Brief:
    """A brief whose climb has ended."""
    fields: dict[str, Any] = {
        "name": "support",
        "instructions": "Answer.",
        "examples": str(folder / "examples.jsonl"),
        "models": Models(
            base=(MODEL,), tunable=None, endpoint=Endpoint(base_url=base_url)
        ),
        "usage": Usage(requests_per_month=100_000),
        "rungs": ("zero-shot", "few-shot"),
        "output": str(folder / "out"),
        "recheck": Rechecking(),
    }
    return Brief(**(fields | changes))


def measured(candidate: Candidate, **changes: Any) -> Measured:
    fields: dict[str, Any] = {
        "rung": candidate.rung,
        "name": candidate.name,
        "model": candidate.model,
        "candidate_key": candidate.key,
        "ruling": "passed",
        "n": 120,
        "n_available": 120,
        "quality": 0.95,
        "quality_low": 0.91,
        "quality_high": 0.98,
        "usd_per_request": None,
        "input_tokens": 400.0,
        "static_tokens": 100.0,
        "output_tokens": 20.0,
    }
    return Measured(**(fields | changes))


def price_rows(folder: Path, **models: dict[str, Any]) -> str:
    """A price file: for each model USD per million tokens, and perhaps a shutdown."""
    rows = []
    for model, row in models.items():
        usd = row["usd"]
        text = f'[[price]]\nmodel = "{model}"\nprovider = "test"\nfrom = 2026-01-01\n'
        text += f"usd_per_mtok = {{ input = {usd}, output = {usd} }}\n"
        text += 'source = "https://example.com"\n'
        if "shutdown" in row:
            text += f"shutdown = {row['shutdown']}\n"
        rows.append(text)
    path = folder / "prices.toml"
    path.write_text("\n".join(rows))
    return str(path)


def ended(brief: Brief, *, n: int = 150) -> tuple[Climb, Verdict]:
    """
    The climb and the verdict that a re-check finds, on *n* examples.

    Every base model has passed zero-shot, the later ones with longer prompts.
    """
    rows = [
        Example(
            id=f"e{i}",
            messages=({"role": "user", "content": question(i)},),
            answer="ok",
        )
        for i in range(n)
    ]
    split = Split(
        train=tuple(rows[: n // 3]),
        dev=tuple(rows[n // 3 : n // 2]),
        test=tuple(rows[n // 2 :]),
    )
    climb = open_climb(brief, split, "f" * 64)
    ladder = []
    for i, model in enumerate(brief.models.base):
        candidate = Candidate(rung="zero-shot", name="zero-shot", model=model)
        ladder.append(measured(candidate, input_tokens=400.0 + 10 * i))
        keep(climb, candidate, ladder[-1], ())
    verdict = decide(
        ladder,
        brief=brief,
        book=prices(brief),
        on=today(),
        climb_id=climb.id,
        data_fingerprint="f" * 64,
    )
    keep_verdict(climb, verdict)
    kept_prices.keep(climb, verdict)
    return climb, verdict


class Loopback:
    """An HTTP server on loopback; *answer* gets path and body, and gives JSON."""

    def __init__(self, answer: Callable[[str, Any], Any]) -> None:
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._serve(None)

            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                self._serve(json.loads(self.rfile.read(size) or b"null"))

            def _serve(self, body: Any) -> None:
                outer.paths.append(self.path)
                outer.headers.append(dict(self.headers))
                said = answer(self.path, body)
                status, said = said if isinstance(said, tuple) else (200, said)
                data = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def completion(text: str) -> dict[str, Any]:
    """What the chat API answers."""
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": MODEL,
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": text},
            }
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105},
    }
