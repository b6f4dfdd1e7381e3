"""
One account at an endpoint that speaks OpenAI's API: its name, its connection.

No call is repeated here, no redirect is followed, and every failure is one of ours:
see `suffice.tuning.job_replies.refusal` for what is certain and what is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from suffice.errors import CallFailed
from suffice.tuning.job_replies import refusal

if TYPE_CHECKING:
    from openai import OpenAI

T = TypeVar("T")


class OpenAIAccount:
    """The connection that the fine-tuning and the Batch API share."""

    def __init__(
        self,
        base_url: str | Callable[[], str],
        api_key: str,
        *,
        embedded: bool = False,
        timeout_s: float = 60.0,
    ) -> None:
        """
        *base_url* may be a function that finds the address, and starts the server
        there where it is ours: it is asked again after a connection failed.
        """
        self._address = base_url
        self._api_key = api_key
        self.embedded = embedded
        self.timeout_s = timeout_s
        self._client: OpenAI | None = None

    def __repr__(self) -> str:
        """Its name; never its key."""
        return f"{type(self).__name__}({self.name!r})"

    @property
    def name(self) -> str:
        """The account's name in the ledger: ``embedded``, or host and path."""
        return "embedded" if self.embedded else account_name(self.base_url)

    @property
    def base_url(self) -> str:
        """Where it is now."""
        return self._address if isinstance(self._address, str) else self._address()

    def reconnect(self) -> None:
        """Give back the connections, and ask for the address at the next call."""
        if self._client is not None:
            self._client.close()
            self._client = None

    close = reconnect

    def _fields(self, call: Callable[[OpenAI], Any]) -> dict[str, Any]:
        return self._ask(lambda openai: fields_of(call(openai)))

    def _ask(self, call: Callable[[OpenAI], T]) -> T:
        import openai

        try:
            return call(self._openai())
        except openai.APIStatusError as error:
            body = error.body if isinstance(error.body, dict) else {}
            raise refusal(error.status_code, body, self.name) from error
        except (openai.APIError, ValueError) as error:
            # Lost connections, and bodies that are cut short or no JSON at all.
            cause = error.__cause__ or error
            raise CallFailed(
                f"{self.name} gave no answer that can be read: "
                f"{type(cause).__name__}: {cause}"
            ) from error

    def _openai(self) -> OpenAI:
        from openai import DefaultHttpx2Client, OpenAI

        if self._client is None:
            url = self.base_url
            # Reading the certificates takes 20 ms, which plain HTTP need not spend.
            secured = not url.startswith("http://")
            self._client = OpenAI(
                base_url=url,
                api_key=self._api_key,
                max_retries=0,
                timeout=self.timeout_s,
                http_client=DefaultHttpx2Client(follow_redirects=False, verify=secured),
            )
        return self._client


def account_name(base_url: str) -> str:
    """
    Host and path of an address, without what may be secret in it.

    >>> account_name("https://api.openai.com/v1")
    'api.openai.com'
    """
    parts = urlsplit(base_url)
    path = parts.path.rstrip("/").removesuffix("/v1")
    return f"{parts.netloc.rpartition('@')[2]}{path}"


def all_fields(page: Iterable[Any], most: int) -> list[dict[str, Any]]:
    """The first *most* objects of a list that is paged, each as its fields."""
    return [fields_of(item) for item in islice(page, most)]


def fields_of(item: Any) -> dict[str, Any]:
    """The fields of an object; ``ValueError`` where it has no id."""
    from pydantic import BaseModel

    found = item.model_dump() if isinstance(item, BaseModel) else {}
    if not found.get("id"):
        raise ValueError(f"{str(item)[:80]!r} is no object with an id")
    return found
