"""
Bytes in and out: local files, patterns and s3:// URLs.

The only place that knows boto3, and it is loaded only for an s3:// URL.  Keys,
region and endpoint come from boto3's own chain (``AWS_ENDPOINT_URL`` and the rest).
What the bytes mean is not known here.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from suffice.data import disk
from suffice.errors import EnvironmentFailed, UnusableInput

if TYPE_CHECKING:
    from botocore.client import BaseClient

MAX_RESUMES = 5
"""How often one object's transfer is taken up again after a broken connection."""

_WILDCARD = re.compile(r"[*?\[]")
_MISSING = {"NoSuchBucket", "NoSuchKey", "404", "NotFound"}
_DENIED = {
    "AccessDenied",
    "403",
    "Forbidden",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "InvalidToken",
}


def find(source: str) -> tuple[str, ...]:
    """
    The files that *source* names, in sorted order.

    A pattern (``data/*.jsonl``, ``s3://bucket/day=*/x.jsonl``) may name several.
    Raises `UnusableInput` when it names none.
    """
    if _is_s3(source):
        found = _find_s3(source)
    elif "://" in source:
        raise UnusableInput(
            f"Cannot read {source!r}: give a local path or an s3:// URL."
        )
    elif _WILDCARD.search(source) and not disk.exists(source):
        found = disk.find(source)
    else:
        found = [source]
    if not found:
        raise UnusableInput(
            f"No file matches {source!r}; check the pattern and the folder."
        )
    return tuple(found)


def read_chunks(file: str) -> Iterator[bytes]:
    """
    The bytes of one file, in pieces; never more than one piece is held.

    Raises `UnusableInput` where the file is missing, no regular file, or changed
    while it was read, and `EnvironmentFailed` where the store refuses or is away.
    """
    return _read_s3(file) if _is_s3(file) else disk.read(file)


def version(file: str) -> str:
    """What changes when *file* does: size and time of a local file, an S3 ETag."""
    if not _is_s3(file):
        return disk.version(file)
    bucket, key = s3_parts(file)
    return str(_s3(file, "head_object", Bucket=bucket, Key=key)["ETag"])


def read_bytes(source: str, *, limit: int = 64 << 20) -> bytes:
    """All of one file, refused above *limit* bytes."""
    pieces: list[bytes] = []
    size = 0
    for chunk in read_chunks(source):
        size += len(chunk)
        if size > limit:
            raise UnusableInput(
                f"{source!r} is larger than {limit:,} bytes; split it or shorten it."
            )
        pieces.append(chunk)
    return b"".join(pieces)


def write_bytes(target: str, data: bytes) -> None:
    """Put *data* at a local path (folders are made) or an s3:// URL."""
    if not _is_s3(target):
        disk.write(target, data)
        return
    bucket, key = s3_parts(target)
    _s3(target, "put_object", Bucket=bucket, Key=key, Body=data)


def _is_s3(source: str) -> bool:
    return source.startswith("s3://")


def s3_parts(url: str) -> tuple[str, str]:
    """Bucket and key. Raises `UnusableInput` for a URL that names no object."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    if not bucket or not key or key.endswith("/"):
        raise UnusableInput(
            f"{url!r} names no object; write s3://bucket/key, or a pattern such as "
            "s3://bucket/folder/*.jsonl."
        )
    return bucket, key


def _client() -> BaseClient:
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise EnvironmentFailed(
            "Reading s3:// needs the package boto3; install it."
        ) from error
    elsewhere = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get(
        "AWS_ENDPOINT_URL"
    )
    # Stores other than Amazon's know buckets by path, and not all know the checksums.
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 4},
        connect_timeout=10,
        read_timeout=60,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path" if elsewhere else "auto"},
    )
    try:
        return boto3.client("s3", config=config)
    except (BotoCoreError, ValueError) as error:
        raise EnvironmentFailed(
            f"The S3 settings of this machine cannot be used: {error}"
        ) from error


def s3_call(
    url: str, operation: str, *, unless: Collection[str] = (), **arguments: Any
) -> dict[str, Any] | None:
    """
    What the store answers; ``None`` where it refuses with one of the codes *unless*.

    Raises `UnusableInput` or `EnvironmentFailed` in one sentence for any other.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer: dict[str, Any] = getattr(_client(), operation)(**arguments)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in unless:
            return None
        _explain_s3(url, error)
    except BotoCoreError as error:
        raise EnvironmentFailed(
            f"Cannot reach {url!r}: {str(error).rstrip('.')}; check the AWS settings."
        ) from error
    return answer


def _s3(url: str, operation: str, **arguments: Any) -> dict[str, Any]:
    return s3_call(url, operation, **arguments) or {}


def _explain_s3(url: str, error: Any) -> NoReturn:
    code = str(error.response.get("Error", {}).get("Code", ""))
    if code == "PreconditionFailed":
        disk.changed(url)
    if code in _MISSING:
        what = "bucket" if code == "NoSuchBucket" else "object"
        raise UnusableInput(
            f"There is no {what} at {url!r}; check the URL and AWS_ENDPOINT_URL."
        ) from error
    if code in _DENIED:
        raise EnvironmentFailed(
            f"Access to {url!r} was denied ({code}); check the keys and the policy."
        ) from error
    raise EnvironmentFailed(
        f"The store failed at {url!r} ({code or 'no code'}); try again later."
    ) from error


def _find_s3(source: str) -> list[str]:
    bucket, pattern = s3_parts(source)
    wild = _WILDCARD.search(pattern)
    if wild is None:
        return [source]
    found: list[str] = []
    more: dict[str, str] = {}
    while True:
        page = _s3(
            source,
            "list_objects_v2",
            Bucket=bucket,
            Prefix=pattern[: wild.start()],
            **more,
        )
        keys = (row["Key"] for row in page.get("Contents", ()))
        found += [k for k in keys if fnmatch.fnmatchcase(k, pattern)]
        if not page.get("IsTruncated"):
            return [f"s3://{bucket}/{key}" for key in sorted(found)]
        more = {"ContinuationToken": page["NextContinuationToken"]}


def _read_s3(url: str) -> Iterator[bytes]:
    """One GET; after a broken connection the rest, of the same version only."""
    from botocore.exceptions import BotoCoreError

    bucket, key = s3_parts(url)
    offset = resumes = 0
    same: dict[str, str] = {}
    while True:
        answer = _s3(url, "get_object", Bucket=bucket, Key=key, **same)
        size = offset + int(answer["ContentLength"])
        try:
            for chunk in answer["Body"].iter_chunks(disk.CHUNK_BYTES):
                offset += len(chunk)
                yield chunk
        except BotoCoreError as error:
            resumes += 1
            if resumes > MAX_RESUMES:
                raise EnvironmentFailed(
                    f"The connection to {url!r} broke {resumes} times; try again later."
                ) from error
        if offset >= size:
            return
        same = {"Range": f"bytes={offset}-", "IfMatch": answer["ETag"]}
