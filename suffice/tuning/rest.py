"""
JSON over HTTP for providers without OpenAI's API: one attempt, no redirects, no SDK.

Every failure is one of ours, as for the openai SDK: see
`suffice.tuning.job_replies.refusal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suffice.errors import CallFailed, SufficeError
from suffice.tuning.job_replies import refusal
from suffice.tuning.told import status_of

if TYPE_CHECKING:
    import httpx2

_GONE = 404


class Rest:
    """The connection to one API, which is opened at the first call."""

    def __init__(
        self, base_url: str, api_key: str, *, name: str, timeout_s: float = 60.0
    ) -> None:
        """*name* is what errors call it; the key never stands in one."""
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key
        self.name = name
        self.timeout_s = timeout_s
        self._client: httpx2.Client | None = None

    def close(self) -> None:
        """Give back the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """The object at *path*."""
        return self.send("GET", path, params=query)

    def find(self, path: str, **query: Any) -> dict[str, Any] | None:
        """The object at *path*; ``None`` where there surely is none."""
        try:
            return self.get(path, **query)
        except SufficeError as error:
            if status_of(error) == _GONE:
                return None
            raise

    def post(self, path: str, body: Mapping[str, Any], **query: Any) -> dict[str, Any]:
        """Send *body* once."""
        return self.send("POST", path, json=body, params=query)

    def send(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        """
        The object a request is answered with; empty where no JSON is due.

        Raises what `refusal` says, and `CallFailed` when there is no whole answer.
        """
        import httpx2

        try:
            reply = self._connected().request(method, f"{self._base_url}{path}", **more)
            if not reply.is_success:
                raise _Refused(reply.status_code, _error(reply))
            return _object(reply)
        except _Refused as refused:
            raise refusal(refused.status, refused.error, self.name) from refused
        except (httpx2.HTTPError, ValueError) as error:
            raise CallFailed(
                f"{self.name} gave no answer that can be read: "
                f"{type(error).__name__}: {error}"
            ) from error

    def _connected(self) -> httpx2.Client:
        import httpx2

        if self._client is None:
            self._client = httpx2.Client(
                headers={"authorization": f"Bearer {self._api_key}"},
                timeout=self.timeout_s,
                follow_redirects=False,
                # Reading the certificates takes 20 ms, which plain HTTP need not spend.
                verify=not self._base_url.startswith("http://"),
            )
        return self._client


class _Refused(Exception):
    """A reply that is not 2xx."""

    def __init__(self, status: int, error: Mapping[str, Any]) -> None:
        super().__init__(f"HTTP {status}")
        self.status = self.status_code = status
        self.error = error


def _object(reply: httpx2.Response) -> dict[str, Any]:
    # vLLM says "Success: ..." as plain text; some deletions say nothing at all.
    if "json" not in reply.headers.get("content-type", ""):
        return {}
    found = reply.json() if reply.content else {}
    if not isinstance(found, dict):
        raise ValueError(f"{str(found)[:80]!r} is no JSON object")
    return found


def _error(reply: httpx2.Response) -> dict[str, Any]:
    """The error object of a refusal: OpenAI's, Azure's, Google's or a bare sentence."""
    try:
        body = reply.json()
    except ValueError:
        return {}
    if not isinstance(body, dict):
        return {}
    error = body.get("error", body)
    if not isinstance(error, dict):
        return {"message": str(error)}
    # Google's gateway gives a number as code and the word elsewhere.
    code = error.get("status") if isinstance(error.get("code"), int) else None
    return {**error, "code": code or error.get("code")}
