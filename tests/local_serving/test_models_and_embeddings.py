"""Models, embeddings and health of the real server."""

from __future__ import annotations

import base64
import json
import urllib.request

import numpy as np
import openai
import pytest
from serving_base import BASE

from suffice.local.model_store import ModelStore, StoredModel

TUNED = f"ft:{BASE}:local:twin:0a1b2c3d"


@pytest.fixture
def twin(served):
    """A "tuned" model with the base's own weights: serving does not know better."""
    store = ModelStore(served.root)
    built = store.staging(TUNED)
    (built / "ct2").symlink_to(served.root / "bases" / BASE / "ct2")
    store.add(StoredModel(id=TUNED, base=BASE, created=1, job="ftjob-0"), built)
    yield TUNED
    store.delete(TUNED)


def test_the_models_are_listed_with_the_tuned_ones(client, twin):
    """What was tuned is found without keeping a note of its id."""
    assert [BASE, twin] == [model.id for model in client.models.list()]


def test_a_model_says_that_it_is_not_going_away(client):
    """Payback is capped by the shutdown date; here there is none."""
    model = client.models.retrieve(BASE)

    assert ("model", "local", None) == (
        model.object,
        model.owned_by,
        model.shutdown_date,
    )


def test_a_tuned_model_answers_beside_the_base(client, twin):
    """Both are loaded at once and asked by their ids."""
    replies = [
        client.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": "What is the capital of France?"}],
            temperature=0,
            max_tokens=12,
        )
        for model in (BASE, twin)
    ]

    assert [BASE, twin] == [reply.model for reply in replies]
    assert replies[0].choices[0].message == replies[1].choices[0].message


def test_a_deleted_model_is_gone(client, twin):
    """A deleted model that still answered would never be noticed missing."""
    ask = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1}
    client.chat.completions.create(model=twin, **ask)
    deleted = client.models.delete(twin)

    assert (twin, True) == (deleted.id, deleted.deleted)
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model=twin, **ask)


def test_a_base_cannot_be_deleted(client):
    """It is part of an installed package."""
    with pytest.raises(openai.PermissionDeniedError) as caught:
        client.models.delete(BASE)

    assert "cannot_delete_base_model" == caught.value.code


def test_an_unknown_model_is_not_found(client):
    """The SDK's own error for it is what callers catch."""
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("gpt-7")

    assert "model_not_found" == caught.value.code


def test_embeddings_of_like_texts_are_alike(client):
    """Retrieval rests on it: a paraphrase is nearer than another subject."""
    texts = [
        "My API key is rejected with error 401.",
        "The server answers 401 unauthorized to my API token.",
        "Bananas and apples are sweet fruit.",
    ]
    reply = client.embeddings.create(model=BASE, input=texts)
    key, token, fruit = (np.array(item.embedding) for item in reply.data)

    assert key @ token > key @ fruit
    assert [1.0, 1.0, 1.0] == pytest.approx([v @ v for v in (key, token, fruit)])


def test_embeddings_come_the_same_in_both_encodings(client):
    """The SDK asks for base64 unless told otherwise."""
    both = [
        client.embeddings.create(model=BASE, input="Hello", encoding_format=encoding)
        for encoding in ("float", "base64")
    ]
    as_floats = both[0].data[0].embedding
    as_bytes = np.frombuffer(base64.b64decode(both[1].data[0].embedding), "<f4")

    assert as_floats == pytest.approx(as_bytes.tolist(), abs=1e-6)


@pytest.mark.parametrize("given", ["", [], [""], [[0, 99_999_999]]])
def test_an_input_without_a_meaning_is_refused(client, given):
    """A vector of zeros would be equally far from everything."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(model=BASE, input=given)

    assert "input" == caught.value.param


def test_health_says_which_server_this_is(served):
    """`ensure_server` tells its own server from another one by it."""
    address = served.url.removesuffix("/v1") + "/healthz"
    with urllib.request.urlopen(address) as reply:
        state = json.load(reply)

    assert ("ok", str(served.root)) == (state["status"], state["root"])
