"""From a chat request to what the engine is asked; refuses what does not fit."""

from __future__ import annotations

from collections.abc import Sequence

from suffice.local.api_error import ApiError
from suffice.local.asks import Ask, Sampling
from suffice.local.chat_request import ChatRequest, Message
from suffice.local.render import render
from suffice.local.tokens import Tokens

DEFAULT_ANSWER_TOKENS = 512
"""Without a limit of its own an answer ends here: small models ramble."""


def ask_of(request: ChatRequest, tokens: Tokens, context_tokens: int) -> Ask:
    """
    The engine's view of *request*.

    What stands before the last message of the user is what other requests are
    likely to begin with.  Raises `ApiError` when it exceeds *context_tokens*.
    """
    before, after = _split(request.messages)
    prefix = _render(before, tokens, answer_follows=False)
    suffix = _render(after, tokens, answer_follows=True)
    max_tokens = _room(
        len(prefix) + len(suffix), request.token_limit, context_tokens=context_tokens
    )
    return Ask(
        model=request.model,
        prefix=prefix,
        suffix=suffix,
        max_tokens=max_tokens,
        sampling=_sampling(request),
        stop=request.stops,
    )


def _split(
    messages: Sequence[Message],
) -> tuple[Sequence[Message], Sequence[Message]]:
    users = [i for i, message in enumerate(messages) if message.role == "user"]
    at = users[-1] if users else len(messages)
    return messages[:at], messages[at:]


def _render(
    messages: Sequence[Message], tokens: Tokens, *, answer_follows: bool
) -> tuple[int, ...]:
    chat = [message.model_dump(exclude_none=True) for message in messages]
    return tuple(render(chat, tokens, add_generation_prompt=answer_follows))


def _room(prompt_tokens: int, limit: int | None, *, context_tokens: int) -> int:
    """Most tokens of the answer."""
    wanted = limit or 1
    if prompt_tokens + wanted > context_tokens:
        raise ApiError(
            message=f"This model's maximum context length is {context_tokens} tokens. "
            f"However, you requested {prompt_tokens + wanted} tokens ({prompt_tokens} "
            f"in the messages, {wanted} in the completion). Please reduce the length "
            "of the messages or completion.",
            param="messages",
            code="context_length_exceeded",
        )
    return limit or min(DEFAULT_ANSWER_TOKENS, context_tokens - prompt_tokens)


def _sampling(request: ChatRequest) -> Sampling:
    temperature = 1.0 if request.temperature is None else request.temperature
    if temperature == 0:
        return Sampling()
    return Sampling(
        temperature=temperature,
        top_p=1.0 if request.top_p is None else request.top_p,
        seed=None if request.seed is None else request.seed % 2**32,
    )
