"""The served integers against the float32 model they were made from."""

from __future__ import annotations

import ctranslate2
import numpy as np
import pytest
from ctranslate2.converters import TransformersConverter
from serving_base import BASE

from suffice.local.render import render
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


@pytest.fixture(scope="module")
def chats(prepared):
    """The chats as token ids, and the float32 model's log-probabilities for them."""
    import torch

    tokens = Tokens(prepared / BASE / "ct2")
    model, _ = load_torch(prepared / BASE / "hf")
    read = []
    with torch.no_grad():
        for chat in CHATS:
            ids = render(chat, tokens, add_generation_prompt=False)
            logits = model(torch.tensor([ids])).logits[0]
            read.append((tokens.names(ids), torch.log_softmax(logits, -1).numpy()))
    return read


def distance(folder, chats, compute_type="int8"):
    """Mean Kullback-Leibler divergence of the next token from the float32 model."""
    generator = ctranslate2.Generator(str(folder), compute_type=compute_type)
    found = []
    for names, wanted in chats:
        given = np.array(generator.forward_batch([names], return_log_probs=True))[0]
        found.append((np.exp(wanted) * (wanted - given)).sum(-1))
    return float(np.concatenate(found).mean())


def test_smoothing_brings_the_integers_nearer_to_the_model(prepared, chats, tmp_path):
    """What was tuned in float32 is what must be served."""
    plain = TransformersConverter(str(prepared / BASE / "hf"))
    plain.convert(str(tmp_path / "plain"), quantization="int8")
    smoothed = distance(prepared / BASE / "ct2", chats)

    assert smoothed < 0.8 * distance(tmp_path / "plain", chats)
    assert smoothed < 0.1


def test_smoothing_changes_nothing_in_exact_arithmetic(prepared, chats, tmp_path):
    """It is the same model: only the rounding of its weights differs."""
    from suffice.local.converter import SmoothingConverter

    SmoothingConverter(str(prepared / BASE / "hf")).convert(str(tmp_path / "exact"))

    assert distance(tmp_path / "exact", chats, "float32") < 1e-6
