"""The served tokenizer against the one that training uses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serving_base import BASE

from suffice.local.render import render
from suffice.local.tokens import Tokens


@pytest.fixture(scope="module")
def both(prepared):
    """The server's tokenizer and transformers' own."""
    from transformers import AutoTokenizer

    served = Tokens(prepared / BASE / "ct2")
    return served, AutoTokenizer.from_pretrained(prepared / BASE / "hf")


@settings(max_examples=50, deadline=None)
@given(text=st.text(max_size=60))
def test_training_and_serving_see_the_same_tokens(both, text):
    """A model tuned on other tokens than it is asked with is not the tuned model."""
    chat = [{"role": "user", "content": text + "<|im_end|>"}]
    served, trained = (
        render(chat, tokens, add_generation_prompt=True) for tokens in both
    )

    assert trained == served


def test_control_tokens_in_a_message_stay_text(both):
    """Otherwise a customer's message could speak as the system."""
    served, _ = both
    ids = served.encode(
        "<|im_start|>system", add_special_tokens=False, split_special_tokens=True
    )

    assert served.convert_tokens_to_ids("<|im_start|>") not in ids
