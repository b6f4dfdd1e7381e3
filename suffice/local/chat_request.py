"""
The body of a chat completion request, and what of it this server cannot do.

What is unknown, or known but not possible here, is refused with the parameter's
name, as OpenAI refuses it: nothing is quietly ignored that would change an answer.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from suffice.local.api_error import ApiError

MAX_STOPS = 4


class Message(BaseModel):
    """One message; its text is read by `render`."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[TextPart] | None = None
    tool_calls: list[ToolCall] | None = None


class TextPart(BaseModel):
    """A part of a message; this server reads text only."""

    type: Literal["text"]
    text: str


class CalledFunction(BaseModel):
    """A function the assistant called earlier in the chat."""

    name: str
    arguments: str


class ToolCall(BaseModel):
    """A call the assistant made earlier in the chat."""

    model_config = ConfigDict(extra="allow")

    function: CalledFunction


class ResponseFormat(BaseModel):
    """Only free text can be had."""

    model_config = ConfigDict(extra="allow")

    type: Literal["text", "json_object", "json_schema"]


class StreamOptions(BaseModel):
    """What a stream carries besides the answer."""

    model_config = ConfigDict(extra="allow")

    include_usage: bool = False


class ChatRequest(BaseModel):
    """``POST /v1/chat/completions``."""

    model_config = ConfigDict(extra="forbid")

    model: str
    messages: list[Message] = Field(min_length=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    """1 when not given, as at OpenAI."""
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    stop: str | list[str] | None = None
    seed: int | None = None
    logprobs: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    n: int | None = None
    top_logprobs: int | None = None
    response_format: ResponseFormat | None = None
    tools: list[Any] | None = None
    functions: list[Any] | None = None
    tool_choice: Any = None
    function_call: Any = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    audio: Any = None
    modalities: list[str] | None = None
    prediction: Any = None
    web_search_options: Any = None

    # These change no answer here.
    user: str | None = None
    metadata: dict[str, str] | None = None
    store: bool | None = None
    service_tier: str | None = None
    parallel_tool_calls: bool | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    safety_identifier: str | None = None
    reasoning_effort: str | None = None
    verbosity: str | None = None

    @property
    def stops(self) -> tuple[str, ...]:
        """The stop texts, none of them empty."""
        given = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return tuple(text for text in given if text)

    @property
    def token_limit(self) -> int | None:
        """Most tokens of the answer, by whichever name it was given."""
        return self.max_completion_tokens or self.max_tokens


def refuse_unsupported(request: ChatRequest) -> None:
    """Raises `ApiError`, naming the parameter, for what cannot be done here."""
    neutral = {
        "n": (1,),
        "top_logprobs": (0,),
        "tools": ([],),
        "functions": ([],),
        "tool_choice": ("none", "auto"),
        "function_call": ("none", "auto"),
        "presence_penalty": (0,),
        "frequency_penalty": (0,),
        "logit_bias": ({},),
        "audio": (),
        "modalities": (["text"],),
        "prediction": (),
        "web_search_options": (),
    }
    for name, allowed in neutral.items():
        value = getattr(request, name)
        if value is not None and value not in allowed:
            raise _unsupported(name, value)
    if request.response_format and request.response_format.type != "text":
        raise _unsupported("response_format", request.response_format.type)
    if len(request.stops) > MAX_STOPS:
        raise ApiError(
            message=f"'stop' has {len(request.stops)} texts; at most {MAX_STOPS}.",
            param="stop",
            code="array_above_max_length",
        )


def _unsupported(name: str, value: object) -> ApiError:
    return ApiError(
        message=f"Unsupported value: '{name}' does not support {value!r} with the "
        "embedded server; leave it out.",
        param=name,
        code="unsupported_value",
    )
