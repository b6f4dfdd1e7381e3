"""The served integers against the float32 model they were made from."""

from __future__ import annotations

import ctranslate2
import numpy as np
import pytest
import torch
from serving_base import BASE

from suffice.local.render import render
from suffice.local.smoothing import smooth
from suffice.local.tokens import Tokens
from suffice.local.weights import load_torch

CHATS = [
    [
        {"role": "system", "content": "Answer with the category as JSON."},
        {"role": "user", "content": f"Since {hour} o'clock {what}. Please help!"},
        {"role": "assistant", "content": '{"category": "' + category + '"}'},
    ]
    for hour, what, category in [
        (7, "every call of my integration answers 401", "authentication"),
        (9, "the invoices in the portal show the wrong currency", "billing"),
        (11, "webhooks arrive two or three times", "webhooks"),
        (15, "we get 429 although we send ten requests a minute", "rate limit"),
    ]
]


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """On a busy machine torch's threads wait for each other minutes long."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def chats(prepared):
    """The chats as token ids, and the float32 model's log-probabilities for them."""
    tokens = Tokens(prepared / BASE / "ct2")
    model, _ = load_torch(prepared / BASE / "hf")
    read = []
    with torch.no_grad():
        for chat in CHATS:
            ids = render(chat, tokens, add_generation_prompt=False)
            logits = model(torch.tensor([ids])).logits[0]
            read.append((tokens.names(ids), torch.log_softmax(logits, -1).numpy()))
    return read


def test_the_served_integers_stay_near_the_model(prepared, chats):
    """
    What was tuned in float32 is what must be served.

    Mean Kullback-Leibler divergence of the next token from the float32 model:
    0.026 was measured, and 0.076 without smoothing.
    """
    generator = ctranslate2.Generator(str(prepared / BASE / "ct2"), compute_type="int8")
    found = []
    for names, wanted in chats:
        given = np.array(generator.forward_batch([names], return_log_probs=True))[0]
        found.append((np.exp(wanted) * (wanted - given)).sum(-1))

    assert np.concatenate(found).mean() < 0.05


def test_smoothing_changes_nothing_in_exact_arithmetic(prepared, chats):
    """It is the same model: only the rounding of its weights will differ."""
    model, tokenizer = load_torch(prepared / BASE / "hf")
    smooth(model, tokenizer)
    names, wanted = chats[0]
    with torch.no_grad():
        logits = model(torch.tensor([tokenizer.convert_tokens_to_ids(names)])).logits[0]

    assert np.allclose(wanted, torch.log_softmax(logits, -1).numpy(), atol=1e-3)
