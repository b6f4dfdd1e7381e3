"""
Keeps secrets out of what is written: other people's sentences, errors and log lines.

Two nets: what looks like a secret, and the very values of this process's environment
variables that are called key, token, secret, password or the like.  Providers repeat
keys in their errors, and libraries repeat the providers.
"""

from __future__ import annotations

import logging
import os
import re
import traceback
from collections.abc import Mapping
from functools import lru_cache

from suffice.data.sensitive import hide

_NAMED = re.compile(
    r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL|AUTH(?!OR)|DSN|CONNECTION_S", re.I
)
_WITH_PASSWORD = re.compile(r"://[^/@:\s]*:(?P<it>[^/@\s]+)@")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN ([A-Z ]*PRIVATE KEY).*?(?:-----END \1-----|\Z)", re.S
)
_SHORTEST = 8
"""Characters of a value that is looked for; a shorter one is in every other word."""


def redacted(text: str, environ: Mapping[str, str] | None = None) -> str:
    """
    *text* without secrets, each replaced by what it was.

    >>> redacted("bad key: correct-horse", {"MY_API_KEY": "correct-horse"})
    'bad key: [MY_API_KEY]'
    >>> redacted("sent Bearer a8Kd0Qm2Zr5Tn7Vb9Xw1Lc3", {})
    'sent Bearer [a bearer token]'
    """
    env = os.environ if environ is None else environ
    for value, name in _values(tuple(env.items())):
        if value in text:
            text = text.replace(value, f"[{name}]")
    if "PRIVATE KEY" in text:
        text = _PRIVATE_KEY.sub("[a private key]", text)
    return hide(text)


def guard_logs() -> None:
    """Redact every log record of this process, tracebacks included, as it is made."""
    make = logging.getLogRecordFactory()
    if getattr(make, "redacts", False):
        return

    def redacting(*args: object, **kwargs: object) -> logging.LogRecord:
        record = make(*args, **kwargs)
        said = _message(record)
        shown = redacted(said)
        if shown != said:
            # Left alone otherwise: some formatters read the arguments themselves.
            record.msg, record.args = shown, ()
        if isinstance(record.exc_info, tuple) and record.exc_info[0] is not None:
            # What a formatter finds here, it does not format again.
            told = "".join(traceback.format_exception(*record.exc_info)).rstrip()
            record.exc_text = redacted(told)
        return record

    redacting.redacts = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(redacting)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        # Somebody's broken log line is no reason to fail.
        return str(record.msg)


@lru_cache(maxsize=8)
def _values(env: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The values that must not be shown and their names, the longest first."""
    found = {}
    for name, value in env:
        if _NAMED.search(name) and _may_be_secret(value):
            found[value] = name
        for match in _WITH_PASSWORD.finditer(value):
            if len(match["it"]) >= _SHORTEST:
                found[match["it"]] = name
    return tuple(sorted(found.items(), key=lambda item: -len(item[0])))


def _may_be_secret(value: str) -> bool:
    """Paths and switches have such names, too: SSH_AUTH_SOCK, USE_TOKEN=true."""
    # Where no key is needed, people set one to a word such as "embedded".
    word = value.isalpha() and len(value) < 2 * _SHORTEST
    place = value.startswith(("/", "http://", "https://"))
    return len(value) >= _SHORTEST and not word and not place
