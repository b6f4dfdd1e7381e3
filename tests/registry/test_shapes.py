"""What a champion may be asked, and in which shape it answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from openai.types.chat import ChatCompletion
from openai.types.responses import Response

from suffice.errors import UnusableInput
from suffice.measuring.turn import Turn
from suffice.registry.recipe import as_example
from suffice.registry.shapes import read, write
from suffice.results import Completion

USER = {"role": "user", "content": "Two"}
PARTS = {"role": "user", "content": [{"type": "input_text", "text": "Two"}]}
SYSTEM = {"role": "system", "content": "Be rude."}


def turn(finish_reason: str = "stop") -> Turn:
    completion = Completion(
        text="Sure! yes",
        model="tiny",
        finish_reason=finish_reason,
        input_tokens=7,
        cached_tokens=5,
        output_tokens=2,
        latency_s=0.1,
    )
    return Turn(answer="yes", completion=completion)


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        (["Two"], "answers"),
        ("Two", "answers"),
        (np.array(["Two"]), "answers"),
        ([[USER]], "answers"),
        (pd.DataFrame({"text": ["Two"]}), "answers"),
        (pd.DataFrame({"id": [1], "question": ["Two"]}), "answers"),
        (pd.DataFrame({"id": [1], "messages": [[USER]]}), "answers"),
        ({"messages": [SYSTEM, USER], "model": "gpt", "temperature": 1}, "chat"),
        ({"messages": [{**SYSTEM, "role": "developer"}, PARTS]}, "chat"),
        ({"input": "Two", "instructions": "Be rude."}, "responses"),
        ({"input": [SYSTEM, PARTS]}, "responses"),
    ],
)
def test_one_question_may_come_in_any_of_these_shapes(given: Any, shape: str):
    """Callers have lists, tables or OpenAI's client; the question is the same."""
    found = read(given)
    (asked,) = found.asked

    assert shape == found.shape
    assert (USER,) == as_example(asked).messages


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"messages": [USER], "stream": True}, "stream"),
        ({"messages": [USER], "n": 2}, "one answer"),
        ({"input": "x", "background": True}, "later"),
        ({"prompt": "x"}, "neither 'messages' nor 'input'"),
        ({"messages": "x"}, "no list of messages"),
        ({"messages": ["x"]}, "no message"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "text"),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), "'question'"),
        (7, "cannot be asked"),
    ],
)
def test_what_a_champion_cannot_do_is_refused_in_a_sentence(given: Any, says: str):
    """Answering something else than what was asked for would be worse."""
    with pytest.raises(UnusableInput, match=says):
        read(given)


def test_the_answer_to_a_chat_request_is_what_openais_client_reads():
    """Names and nesting are OpenAI's own; their client checks them."""
    answer = ChatCompletion.model_validate(write("chat", [turn()]), strict=True)

    assert "yes" == answer.choices[0].message.content
    assert (7, 2, 9) == (
        answer.usage.prompt_tokens,
        answer.usage.completion_tokens,
        answer.usage.total_tokens,
    )


@pytest.mark.parametrize(
    ("reason", "status"), [("stop", "completed"), ("length", "incomplete")]
)
def test_the_answer_to_a_responses_request_is_what_openais_client_reads(reason, status):
    """An answer that was cut off says so."""
    answer = Response.model_validate(write("responses", [turn(reason)]))

    assert ("yes", status) == (answer.output_text, answer.status)
    assert (7, 5) == (
        answer.usage.input_tokens,
        answer.usage.input_tokens_details.cached_tokens,
    )
