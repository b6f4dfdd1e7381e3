"""Examples in an S3 bucket, read through a server on loopback."""

from __future__ import annotations

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from gate_data import chat, chats

from suffice.brief import Brief
from suffice.data import storage
from suffice.data.cleaning import plan, write_clean
from suffice.data.examining import examine
from suffice.data.reading import read_examples
from suffice.errors import EnvironmentFailed, UnusableInput


def jsonl(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def test_examples_are_read_from_an_s3_url(bucket: Any):
    """Where the examples lie must not matter to anything that uses them."""
    bucket.put_object(Key="a/train.jsonl", Body=jsonl(chats(3)))

    read = read_examples("s3://data/a/train.jsonl")

    assert 3 == len(read.examples)
    assert "s3://data/a/train.jsonl:1" == read.examples[0].where


def test_a_pattern_names_several_objects(bucket: Any):
    """Logs are written in pieces; they are one set of examples."""
    bucket.put_object(Key="a/1.jsonl", Body=jsonl(chats(2)))
    bucket.put_object(Key="a/2.jsonl.gz", Body=gzip.compress(jsonl(chats(2, 2))))
    bucket.put_object(Key="a/readme.txt", Body=b"not read")

    assert 4 == len(read_examples("s3://data/a/*.jsonl*").examples)


def test_what_is_written_to_s3_is_read_back(bucket: Any):
    """A cleaned copy may go where the original lies."""
    storage.write_bytes("s3://data/out/x.json", b"{}")

    assert b"{}" == storage.read_bytes("s3://data/out/x.json")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("s3://data/none.jsonl", "no object at 's3://data/none.jsonl'"),
        ("s3://no-such-bucket/x.jsonl", "no bucket at 's3://no-such-bucket/x.jsonl'"),
        ("s3://data/none/*.jsonl", "No file matches 's3://data/none/*.jsonl'"),
        ("s3://data/", "names no object"),
        ("s3://", "names no object"),
    ],
)
def test_a_missing_object_is_one_sentence(bucket: Any, source: str, said: str):
    """The reader needs the URL that is wrong, not a stack of botocore frames."""
    with pytest.raises(UnusableInput, match=source[:4]) as caught:
        read_examples(source)

    assert said in str(caught.value)


def test_a_store_that_is_away_is_a_fault_of_the_environment(
    bucket: Any, monkeypatch: pytest.MonkeyPatch
):
    """The examples may be fine, so this is exit code 3, not 2."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    with pytest.raises(EnvironmentFailed, match=r"Cannot reach 's3://data/x\.jsonl'"):
        read_examples("s3://data/x.jsonl")


class Store(BaseHTTPRequestHandler):
    """A store of one object that breaks off, denies, or changes the object."""

    body = b""
    denies = False
    breaks = 0
    etag = '"1"'
    changes = False

    def do_GET(self) -> None:
        kind = type(self)
        if kind.denies:
            return self.answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        if self.headers.get("If-Match", kind.etag) != kind.etag:
            return self.answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        rest = kind.body[start:]
        self.send_response(206 if start else 200)
        self.send_header("ETag", kind.etag)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        if kind.breaks:
            kind.breaks -= 1
            kind.etag = '"2"' if kind.changes else kind.etag
            rest = rest[: len(rest) // 2]
        self.wfile.write(rest)
        self.close_connection = True
        return None

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch):
    kind = type("OneStore", (Store,), {"body": jsonl(chats(500))})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    yield kind
    server.shutdown()
    server.server_close()


def test_a_broken_connection_is_taken_up_where_it_broke(store: type[Store]):
    """A gigabyte must not start again from the beginning, nor lose a line."""
    store.breaks = 3

    assert 500 == len(read_examples("s3://b/x.jsonl").examples)


def test_an_object_that_changes_while_it_is_read_is_refused(store: type[Store]):
    """The first half of one version and the second of another is no data set."""
    store.breaks, store.changes = 1, True

    with pytest.raises(UnusableInput, match="changed while it was read"):
        read_examples("s3://b/x.jsonl")


def test_a_denied_object_names_the_url_and_what_to_check(store: type[Store]):
    """Rights are the commonest fault in production."""
    store.denies = True

    with pytest.raises(EnvironmentFailed, match=r"s3://b/x\.jsonl.*denied.*policy"):
        read_examples("s3://b/x.jsonl")


def test_an_object_that_was_replaced_has_another_version(bucket: Any):
    """A cleaned copy must be of the very rows that were judged."""
    bucket.put_object(Key="x.jsonl", Body=b"a\n")
    first = storage.version("s3://data/x.jsonl")
    again = storage.version("s3://data/x.jsonl")
    bucket.put_object(Key="x.jsonl", Body=b"b\n")

    assert first == again
    assert first != storage.version("s3://data/x.jsonl")


def test_a_cleaned_copy_of_an_object_is_a_local_file(bucket: Any, tmp_path: Path):
    """The original in the store stays as it is."""
    rows = [chat(f"w{n}a w{n}b w{n}c w{n}d", "yes") for n in (*range(30), 0)]
    body = "".join(json.dumps(row) + "\n" for row in rows).encode()
    bucket.put_object(Key="x.jsonl", Body=body)
    source = "s3://data/x.jsonl"
    changes = plan(examine(Brief(name="x", instructions="x", examples=source)).frame)
    cleaned = write_clean(source, str(tmp_path / "clean.jsonl"), changes)

    assert (30, 1) == (cleaned.n_kept, len(cleaned.changes))
    assert body == bucket.Object("x.jsonl").get()["Body"].read()
