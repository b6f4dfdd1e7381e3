"""Asks a usage API for JSON: with time-outs, few retries, and no key in any message."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from suffice.errors import EnvironmentFailed

_TIMEOUT_S = 30.0
_WAITS_S = (0.5, 2.0)
_LATER = {429, 500, 502, 503, 504}


def get_json(
    url: str, query: Sequence[tuple[str, str]], *, token: str | None = None
) -> Any:
    """
    What the API answers.

    Raises `EnvironmentFailed` when it refuses, is away or answers no JSON.
    """
    place = f"{urlsplit(url).netloc}{urlsplit(url).path}"
    headers = {"Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(f"{url}?{urlencode(query)}", headers=headers)
    for wait_s in (*_WAITS_S, None):
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code not in _LATER or wait_s is None:
                raise EnvironmentFailed(
                    f"{place} answered {error.code} ({error.reason}); check the "
                    "address, the query and the key."
                ) from None
        except (OSError, ValueError) as error:
            if wait_s is None or isinstance(error, ValueError):
                raise EnvironmentFailed(
                    f"{place} gave no usage: {error}; check the address."
                ) from error
        time.sleep(wait_s)
    raise AssertionError("the last attempt returns or raises")
