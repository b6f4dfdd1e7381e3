"""
A Prefect server's API, as far as the command line needs it: no Prefect is imported.

Sends the user and password where the server wants them, and the token of its CSRF
protection where that is on.
"""

from __future__ import annotations

import base64
import json
import os
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from suffice.errors import EnvironmentFailed, UnusableInput
from suffice.services import access, known, servers
from suffice.workspace import Workspace

_TIMEOUT_S = 30.0


@dataclass(frozen=True, kw_only=True)
class PrefectApi:
    """One server."""

    url: str
    """Its API, such as http://127.0.0.1:4200/api."""
    auth: str | None = None
    """``user:password``."""

    @classmethod
    def of(cls, workspace: Workspace) -> PrefectApi:
        """
        The configured server, else the one that runs for this output folder.

        Raises `EnvironmentFailed` when there is neither.
        """
        url, auth = os.environ.get("PREFECT_API_URL"), None
        if not url:
            running = servers.running(known.prefect_service(workspace.prefect))
            if running is None:
                raise EnvironmentFailed(
                    f"No Prefect server runs for {str(workspace.root)!r}: start one "
                    "with suffice up, or name one in PREFECT_API_URL."
                )
            env = access.client_env(workspace.prefect, running)
            url, auth = env["PREFECT_API_URL"], env.get("PREFECT_API_AUTH_STRING")
        return cls(
            url=url.rstrip("/"), auth=os.environ.get("PREFECT_API_AUTH_STRING") or auth
        )

    def get(self, path: str) -> Any:
        """What GET answers."""
        return self._ask("GET", path, None, {})

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """
        What POST answers.

        Raises `UnusableInput` with the server's own words when it refuses the body,
        `EnvironmentFailed` when it does not answer or wants another password.
        """
        return self._ask("POST", path, dict(body or {}), self._token())

    def _token(self) -> dict[str, str]:
        client = str(uuid.uuid4())
        try:
            found = self._ask("GET", f"/csrf-token?client={client}", None, {})
        except UnusableInput:
            return {}  # The server says so where the protection is off.
        return {"Prefect-Csrf-Token": found["token"], "Prefect-Csrf-Client": client}

    def _ask(
        self, method: str, path: str, body: Any, headers: Mapping[str, str]
    ) -> Any:
        sent = {"content-type": "application/json", **headers}
        if self.auth:
            coded = base64.b64encode(self.auth.encode()).decode()
            sent["authorization"] = f"Basic {coded}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data=data, headers=sent, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as reply:
                text = reply.read()
        except urllib.error.HTTPError as error:
            raise _refusal(error, self.url + path) from error
        except OSError as error:
            raise EnvironmentFailed(
                f"The Prefect server at {self.url} does not answer: {error}."
            ) from error
        return json.loads(text) if text else None


def _refusal(error: urllib.error.HTTPError, url: str) -> Exception:
    said = error.read().decode(errors="replace")
    try:
        content = json.loads(said)
        said = str(content.get("detail") or content.get("exception_message") or said)
    except (json.JSONDecodeError, AttributeError):
        pass
    if error.code == 401:
        return EnvironmentFailed(
            f"The Prefect server at {url} wants a user and password: put them into "
            "PREFECT_API_AUTH_STRING as user:password."
        )
    kind = UnusableInput if error.code < 500 else EnvironmentFailed
    return kind(f"Prefect answers {error.code} to {url}: {said[:500]}")
