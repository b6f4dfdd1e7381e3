"""
Objects in S3 that are written only where nobody else has written since.

Amazon's S3 and what speaks as it does refuse a write whose condition no longer holds
(``If-None-Match``, ``If-Match``): of several writers one wins, and knows it.  A store
that ignores conditions must not be used for this; `heeds_conditions` tells.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from suffice.data.storage import s3_call, s3_parts

_LOST = frozenset(
    {"PreconditionFailed", "412", "ConditionalRequestConflict", "409", "NoSuchKey"}
)
_ABSENT = frozenset({"NoSuchKey", "404", "NotFound"})


@dataclass(frozen=True, kw_only=True)
class Seen:
    """An object as it was when it was looked at."""

    data: bytes
    tag: str
    """What changes with each write."""
    age_s: float
    """Seconds since it was written, by the store's own clock, to a second."""


def look(url: str) -> Seen | None:
    """The object at *url*; ``None`` where there is none."""
    bucket, key = s3_parts(url)
    found = s3_call(url, "get_object", unless=_ABSENT, Bucket=bucket, Key=key)
    if found is None:
        return None
    told = found["ResponseMetadata"]["HTTPHeaders"]["date"]
    written, now = found["LastModified"], parsedate_to_datetime(told)
    return Seen(
        data=found["Body"].read(),
        tag=str(found["ETag"]),
        age_s=max(0.0, (now - written).total_seconds()),
    )


def write_if(url: str, data: bytes, *, tag: str | None) -> bool:
    """
    Whether *data* was written: where the object still has this *tag*, or is absent.

    An answer may be lost and the write repeated: False can be said of one's own.
    """
    bucket, key = s3_parts(url)
    condition = {"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}
    written = s3_call(
        url,
        "put_object",
        unless=_LOST,
        Bucket=bucket,
        Key=key,
        Body=data,
        **condition,
    )
    return written is not None


def heeds_conditions(prefix: str) -> bool:
    """Whether the store refuses a second write to a new object under *prefix*."""
    url = f"{prefix.rstrip('/')}/tried-{uuid.uuid4().hex}"
    write_if(url, b"first", tag=None)
    refused = not write_if(url, b"second", tag=None)
    bucket, key = s3_parts(url)
    s3_call(url, "delete_object", Bucket=bucket, Key=key)
    return refused
