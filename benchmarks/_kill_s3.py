"""An S3 server that may be killed and started again, and what is kept there."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from suffice.services.servers import Service

ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Whose account it is, for boto3."""
BUCKET = "climbs"
_PROGRAM = Path(__file__).with_name("_kill_s3_server.py")


def s3_service(home: Path, port: int) -> Service:
    """The server, all it has accepted in *home*."""
    return Service(
        name="S3 server",
        home=home,
        command=lambda p: [
            *(sys.executable, str(_PROGRAM.resolve())),
            *("--home", str(home.resolve()), "--port", str(p)),
        ],
        health="/moto-api/",
        preferred_port=port,
    )


def with_artifacts(
    mlflow: Service, place: str, account: Mapping[str, str], url: str
) -> Service:
    """MLflow's server, its artifacts at *place* on the S3 server at *url*."""

    def command(port: int) -> list[str]:
        words = list(mlflow.command(port))
        n = words.index("--default-artifact-root")
        words[n : n + 2] = "--artifacts-destination", place
        return words

    env = {**mlflow.env, **account, "MLFLOW_S3_ENDPOINT_URL": url}
    return replace(mlflow, command=command, env=env)


def new_bucket(url: str) -> None:
    """An empty one on the server at *url*."""
    _client(url).create_bucket(Bucket=BUCKET)


def as_told(name: str) -> dict[str, str]:
    """What a brief says of the examples and the claims that are kept there."""
    files = ("train.jsonl", "test.jsonl")
    urls = (f"s3://{BUCKET}/{name}/{file}" for file in files)
    told = dict(zip(("examples", "test_examples"), urls, strict=True))
    return told | {"claims": f"s3://{BUCKET}/{name}/claims"}


def put(url: str, folder: Path, name: str) -> None:
    """Upload the examples in *folder* to where `as_told` says."""
    for file in folder.glob("*.jsonl"):
        _client(url).upload_file(str(file), BUCKET, f"{name}/{file.name}")


def _client(url: str) -> Any:
    import boto3

    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name=ACCOUNT["AWS_DEFAULT_REGION"],
        aws_access_key_id=ACCOUNT["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ACCOUNT["AWS_SECRET_ACCESS_KEY"],
    )
