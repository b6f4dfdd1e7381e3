"""
The S3 server of `benchmarks.kills`, as a process of its own.

moto keeps all in memory.  What it has accepted is written to a file before the answer
goes out, as a store does, and done again when it is started again.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from moto.moto_server import werkzeug_app as moto
from werkzeug.serving import make_server
from werkzeug.test import create_environ, run_wsgi_app

from suffice.services.servers import HOST

Start = Callable[..., Any]
_CHANGING = ("PUT", "POST", "DELETE")


class Kept:
    """The WSGI application *app*, whose changes outlive its process."""

    def __init__(self, app: Callable[..., Any], path: Path) -> None:
        self._app = app
        self._path = path
        # It looks whether a condition holds, then writes; S3 does both in one.
        self._turn = threading.Lock()
        for change in self._changes():
            run_wsgi_app(app, _asked(change))

    def __call__(self, request: dict[str, Any], start: Start) -> Iterable[bytes]:
        body = _body(request)
        with self._turn:
            again = {**request, "wsgi.input": BytesIO(body)}
            pieces, status, headers = run_wsgi_app(self._app, again)
            answer = b"".join(pieces)
            if status.startswith("2"):
                self._keep(request, body)
        start(status, list(headers))
        return [answer]

    def _keep(self, request: Mapping[str, Any], body: bytes) -> None:
        method, told = request["REQUEST_METHOD"], _texts(request)
        parts = parse_qs(request["QUERY_STRING"], keep_blank_values=True)
        if method == "POST" and "uploadId" in parts:
            # Uploaded in parts, whose names are another time's: kept is what they made.
            body = self._object(told)
            whole = {"REQUEST_METHOD": "PUT", "CONTENT_LENGTH": str(len(body))}
            told |= {**whole, "QUERY_STRING": ""}
        elif method not in _CHANGING or {"uploads", "uploadId"} & parts.keys():
            return
        line = json.dumps({"told": told, "body": base64.b64encode(body).decode()})
        with self._path.open("ab") as file:
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _object(self, told: Mapping[str, str]) -> bytes:
        plain = {"REQUEST_METHOD": "GET", "CONTENT_LENGTH": "0", "QUERY_STRING": ""}
        return b"".join(run_wsgi_app(self._app, create_environ() | told | plain)[0])

    def _changes(self) -> Iterator[dict[str, Any]]:
        if not self._path.exists():
            return
        whole = self._path.read_bytes()
        # Killed while it wrote: nobody was told that it had been accepted.
        whole = whole[: whole.rfind(b"\n") + 1]
        self._path.write_bytes(whole)
        yield from map(json.loads, whole.splitlines())


def _texts(request: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in request.items() if isinstance(value, str)}


def _body(request: Mapping[str, Any]) -> bytes:
    length = int(request.get("CONTENT_LENGTH") or 0)
    return bytes(request["wsgi.input"].read(length)) if length else b""


def _asked(change: Mapping[str, Any]) -> dict[str, Any]:
    body = base64.b64decode(change["body"])
    return {**create_environ(), **change["told"], "wsgi.input": BytesIO(body)}


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--home", type=Path, required=True)
    given = parser.parse_args()
    app = moto.DomainDispatcherApplication(moto.create_backend_app)
    make_server(
        HOST,
        given.port,
        Kept(app, given.home / "accepted.jsonl"),
        threaded=True,
        request_handler=moto.MotoRequestHandler,
    ).serve_forever()


if __name__ == "__main__":
    main()
