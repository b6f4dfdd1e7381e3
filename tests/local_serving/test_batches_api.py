"""The Batch API of the embedded server, through the SDK as it is."""

from __future__ import annotations

import json
import time

import openai
import pytest
from serving_base import BASE


def request(name, content, **more):
    body = {
        "model": BASE,
        "messages": [{"role": "user", "content": content}],
        "max_tokens": 3,
        "temperature": 0,
        **more,
    }
    line = {"custom_id": name, "method": "POST", "url": "/v1/chat/completions"}
    return json.dumps({**line, "body": body}) + "\n"


def ended(client, text):
    """A batch of these requests, once it has ended."""
    file = client.files.create(file=("r.jsonl", text.encode()), purpose="batch")
    batch = client.batches.create(
        input_file_id=file.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        metadata={"suffice_key": "mark"},
    )
    until = time.monotonic() + 120
    while batch.status not in ("completed", "failed") and time.monotonic() < until:
        time.sleep(0.1)
        batch = client.batches.retrieve(batch.id)
    return batch


def test_a_batch_answers_as_single_calls_do(client):
    """A measurement must not depend on how its questions were sent."""
    text = request("a", "Say hello.") + request("b", "Hi.", model="gone")
    batch = ended(client, text)
    output = client.files.content(batch.output_file_id).text
    found = {
        line["custom_id"]: line["response"]
        for line in map(json.loads, output.splitlines())
    }
    asked = json.loads(request("a", "Say hello."))["body"]
    alone = client.chat.completions.create(**asked)

    assert (1, 1) == (batch.request_counts.completed, batch.request_counts.failed)
    assert (200, 404) == (found["a"]["status_code"], found["b"]["status_code"])
    message = found["a"]["body"]["choices"][0]["message"]
    assert alone.choices[0].message.content == message["content"]
    assert [batch.id] == [b.id for b in client.batches.list(limit=1)]
    assert {"suffice_key": "mark"} == batch.metadata


def test_a_file_that_cannot_be_read_says_why(client):
    """Not after a day of waiting, and not with an empty answer."""
    batch = ended(client, "no json\n")

    assert ("failed", None) == (batch.status, batch.output_file_id)
    assert batch.errors.data[0].message


def test_a_batch_of_an_unknown_file_is_refused(client):
    """A mistyped id costs nothing."""
    with pytest.raises(openai.NotFoundError, match="file-gone"):
        client.batches.create(
            input_file_id="file-gone",
            endpoint="/v1/chat/completions",
            completion_window="24h",
        )
