"""When a model is switched off, as its endpoint itself tells."""

from __future__ import annotations

from datetime import date

from suffice.errors import CallFailed
from suffice.tuning.told import day_of

TIMEOUT_S = 10.0


def shutdown_on(
    base_url: str, api_key: str, model: str, *, timeout_s: float = TIMEOUT_S
) -> date | None:
    """
    The day the endpoint says *model* is switched off; ``None`` where it says nothing.

    One attempt, that costs nothing.  Raises `CallFailed` when there was no answer; an
    endpoint that does not know the model, or keeps no list of models, says nothing.
    """
    import openai

    client = openai.OpenAI(
        base_url=base_url, api_key=api_key, max_retries=0, timeout=timeout_s
    )
    try:
        found = client.models.retrieve(model)
    except openai.APIStatusError as error:
        if error.status_code in (400, 404, 405, 501):
            return None
        raise CallFailed(
            f"{base_url} did not say when {model!r} retires: HTTP {error.status_code}."
        ) from error
    except openai.APIError as error:
        raise CallFailed(
            f"{base_url} did not say when {model!r} retires: {error}."
        ) from error
    finally:
        client.close()
    return day_of(getattr(found, "shutdown_date", None))
