"""What every part of a brief is: frozen, without unknown keys, without odd numbers."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Annotated, Any, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

_T = TypeVar("_T", bound=Hashable)


class BriefPart(BaseModel):
    """
    A part of the brief: one thing the user says, told once.

    An empty text is no text where a field may be left empty, as forms and templates
    write it; yes and no are no numbers, and neither are NaN and the infinities.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
    )

    @field_validator("*", mode="before")
    @classmethod
    def _plain(cls, value: Any, info: ValidationInfo) -> Any:
        field = cls.model_fields[str(info.field_name)]
        kinds = {field.annotation, *get_args(field.annotation)}
        if value == "" and type(None) in kinds:
            return None
        if isinstance(value, bool) and kinds & {int, float} and bool not in kinds:
            raise PydanticCustomError("number", "it must be a number, not yes or no")
        return value


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "it must not be blank")
    return text


def _each_once(values: tuple[_T, ...]) -> tuple[_T, ...]:
    twice = [value for n, value in enumerate(values) if value in values[:n]]
    if twice:
        told = {"value": repr(twice[0])}
        raise PydanticCustomError("twice", "{value} is in it twice; keep one", told)
    return values


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname
        fine = known and parts.port != 0 and not any(map(str.isspace, url))
    except ValueError:
        # The port is no number, or too large a one.
        fine = False
    if not fine:
        raise PydanticCustomError(
            "address", "it must be an address such as https://api.openai.com/v1"
        )
    return url


Told = Annotated[str, Field(min_length=1), AfterValidator(_not_blank)]
"""Text with something in it."""
EachOnce = AfterValidator(_each_once)
"""Marks a list without repetitions."""
Address = Annotated[str, AfterValidator(_address)]
"""Where an API is: http:// or https://, a host, and a path."""
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
"""Name of an environment variable."""
