"""
The bank of prompting techniques that the optimised-prompt rung chooses from.

Each is the user's own instructions, said in another way; none takes anything away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from suffice.candidates import AnswerRule
from suffice.measuring.formats import describe_format

_ROOM_TO_THINK = 4
_LEAST_TO_THINK = 256


@dataclass(frozen=True, kw_only=True)
class Technique:
    """One way of saying what is wanted."""

    name: str
    text: str
    """The instructions, as this technique puts them."""
    answer_rule: AnswerRule
    max_output_tokens: int
    shows_answers: bool = True
    """Whether demonstrations, which show bare answers, go with it."""


def bank(
    instructions: str,
    answers: Sequence[str],
    *,
    rule: AnswerRule,
    max_output_tokens: int,
    definitions: str = "",
    thinking: bool = True,
) -> list[Technique]:
    """
    The techniques, for these instructions and answers like these.

    *definitions* tell the labels by examples; empty where there are none.  *thinking*
    is left out where it is a rung of its own.
    """

    def plain(name: str, text: str) -> Technique:
        return Technique(
            name=name,
            text=text,
            answer_rule=rule,
            max_output_tokens=max_output_tokens,
        )

    told = f"{instructions.strip()}\n\n{describe_format(answers)}".strip()
    found = [
        plain("clear instruction", _clear(instructions)),
        plain("output format", told),
        plain("system role", f"{_ROLE}\n\n{told}"),
    ]
    if definitions:
        found.append(plain("label definitions", f"{told}\n\n{definitions}"))
    return [*found, _chain_of_thought(told, max_output_tokens)] if thinking else found


def _chain_of_thought(told: str, max_output_tokens: int) -> Technique:
    return Technique(
        name="chain of thought",
        text=think_first(told),
        answer_rule="after-answer",
        max_output_tokens=thinking_room(max_output_tokens),
        shows_answers=False,
    )


def think_first(told: str) -> str:
    """The instructions, with thinking asked for before ``Answer:``."""
    return f"{told}\n\n{_STEPS}"


def thinking_room(max_output_tokens: int) -> int:
    """Tokens for the reasoning and the answer: cut off, the answer never comes."""
    return max(_LEAST_TO_THINK, _ROOM_TO_THINK * max_output_tokens)


_ROLE = (
    "You are an expert who has done this task thousands of times. "
    "You read carefully, and your answers are always in the required format."
)
_STEPS = (
    "Before you answer, think step by step, in a few short sentences. "
    "Then write 'Answer:' and after it the answer in the format above."
)


def _clear(instructions: str) -> str:
    return (
        "Your task:\n"
        f"{instructions.strip()}\n\n"
        "The message below is the input. Reply with the answer only: no greeting, "
        "no explanation, no repetition of the input."
    )
