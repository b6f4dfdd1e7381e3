"""Documents of a bucket are read like those of a folder."""

from __future__ import annotations

import boto3
import pytest

from suffice.errors import UnusableInput
from suffice.retrieval.documents import read_documents


@pytest.fixture
def bucket(monkeypatch):
    # Not at the top: every worker that collects would wait for it.
    from moto import mock_aws

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="wiki")
        for key, body in {
            "docs/a.md": b"# One",
            "docs/deep/b.jsonl": b'{"id": "b", "text": "two"}\n',
            "docs/logo.png": b"\x89PNG",
            "other/c.md": b"no",
        }.items():
            client.put_object(Bucket="wiki", Key=key, Body=body)
        yield "s3://wiki"


def test_a_folder_of_a_bucket_is_read_with_its_folders(bucket):
    """Most knowledge bases of a company lie there."""
    found = read_documents(f"{bucket}/docs/")

    assert [("a.md", "# One"), ("b", "two")] == [(d.id, d.text) for d in found]


def test_an_empty_folder_of_a_bucket_is_refused(bucket):
    """Nothing to retrieve from is found out before a cent is spent."""
    with pytest.raises(UnusableInput):
        read_documents(f"{bucket}/none/")
