"""Chat completions by the unmodified SDK against the real server."""

from __future__ import annotations

import asyncio

import openai
import pytest
from serving_base import BASE

FRANCE = [{"role": "user", "content": "What is the capital of France?"}]


def ask(client, **changes):
    """A short greedy request, with what the test changes."""
    asked = {"model": BASE, "messages": FRANCE, "temperature": 0, "max_tokens": 12}
    return client.chat.completions.create(**{**asked, **changes})


def refusal(client, **changes):
    """Status, code and parameter of the refusal."""
    with pytest.raises(openai.APIStatusError) as caught:
        ask(client, **changes)
    return caught.value.status_code, caught.value.code, caught.value.param


def test_the_base_answers_a_question(client):
    """The weights, the chat format and the engine fit together."""
    choice = ask(client).choices[0]

    assert ("The capital of France is Paris.", "stop") == (
        choice.message.content,
        choice.finish_reason,
    )


def test_usage_counts_and_prices_the_work(client):
    """Costs are computed from usage: tokens must add up, seconds must be there."""
    usage = ask(client).usage

    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert 0 < usage.completion_tokens <= 12
    assert 0 < usage.cpu_s < 60


def test_max_tokens_ends_an_answer_and_says_so(client):
    """A cut answer that said "stop" would be scored as a whole one."""
    reply = ask(client, max_tokens=3)

    assert (3, "length") == (
        reply.usage.completion_tokens,
        reply.choices[0].finish_reason,
    )


def test_max_completion_tokens_is_the_same_limit(client):
    """OpenAI's newer models know the limit by its newer name only."""
    reply = ask(client, max_tokens=openai.omit, max_completion_tokens=2)

    assert 2 == reply.usage.completion_tokens


def test_a_stop_text_ends_the_answer_before_it(client):
    """OpenAI does not return the stop text itself."""
    choice = ask(client, stop=[" France", "Berlin"]).choices[0]

    assert ("The capital of", "stop") == (choice.message.content, choice.finish_reason)


def test_log_probabilities_come_with_every_token(client):
    """Calibration needs them; they are logarithms of probabilities."""
    choice = ask(client, logprobs=True).choices[0]
    content = choice.logprobs.content

    assert choice.message.content == "".join(t.token for t in content)
    assert all(token.logprob <= 0 for token in content)


def test_a_seed_makes_a_draw_repeatable(client):
    """Without it a sampled few-shot draw could not be measured again."""
    joke = [{"role": "user", "content": "Tell me a joke."}]
    one, again, other = (
        ask(client, messages=joke, temperature=1, seed=seed).choices[0].message.content
        for seed in (1, 1, 2)
    )

    assert one == again
    assert one != other


def test_a_stream_says_the_same_as_the_whole_answer(client):
    """Streaming is a way of delivery, not another model."""
    chunks = list(ask(client, stream=True, stream_options={"include_usage": True}))
    texts = [c.choices[0].delta.content or "" for c in chunks if c.choices]
    whole = ask(client)

    assert whole.choices[0].message.content == "".join(texts)
    assert "stop" == chunks[-2].choices[0].finish_reason
    assert whole.usage.completion_tokens == chunks[-1].usage.completion_tokens


def test_a_stream_holds_back_what_may_be_a_stop_text(client):
    """What was sent cannot be taken back."""
    chunks = list(ask(client, stream=True, stop=" France is"))
    texts = [c.choices[0].delta.content or "" for c in chunks if c.choices]

    assert "The capital of" == "".join(texts)


def test_the_asynchronous_client_gets_all_its_answers(served):
    """The climb asks concurrently; every answer must reach its own question."""

    async def all_of(names):
        async with openai.AsyncOpenAI(base_url=served.url, api_key="none") as client:
            asked = [
                client.chat.completions.create(
                    model=BASE,
                    messages=[{"role": "user", "content": f"Repeat the word {name}."}],
                    temperature=0,
                    max_tokens=1 + i,
                )
                for i, name in enumerate(names)
            ]
            return [
                reply.usage.completion_tokens for reply in await asyncio.gather(*asked)
            ]

    lengths = asyncio.run(all_of(["apple", "house", "river", "stone"]))

    assert [1, 2, 3, 4] == lengths


def test_an_asynchronous_stream_arrives(served):
    """The SDK's asynchronous streams read the same events."""

    async def text():
        async with openai.AsyncOpenAI(base_url=served.url, api_key="none") as client:
            stream = await client.chat.completions.create(
                model=BASE, messages=FRANCE, temperature=0, max_tokens=12, stream=True
            )
            return "".join(
                [c.choices[0].delta.content or "" async for c in stream if c.choices]
            )

    assert "The capital of France is Paris." == asyncio.run(text())


def test_a_client_that_leaves_frees_the_engine(served):
    """An abandoned request must not keep the next one waiting for its length."""
    with served.client() as client:
        endless = [{"role": "user", "content": "Count from one to one thousand."}]
        with (
            ask(client, messages=endless, max_tokens=1500, stream=True) as stream,
        ):
            next(iter(stream))
        reply = ask(client)

    assert "The capital of France is Paris." == reply.choices[0].message.content


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"model": "gpt-7"}, (404, "model_not_found", "model")),
        ({"temperature": 3}, (400, "invalid_value", "temperature")),
        ({"max_tokens": 0}, (400, "invalid_value", "max_tokens")),
        ({"messages": []}, (400, "invalid_value", "messages")),
        ({"n": 2}, (400, "unsupported_value", "n")),
        ({"top_logprobs": 5}, (400, "unsupported_value", "top_logprobs")),
        ({"tools": [{"type": "function"}]}, (400, "unsupported_value", "tools")),
        (
            {"response_format": {"type": "json_object"}},
            (400, "unsupported_value", "response_format"),
        ),
        ({"extra_body": {"banana": 1}}, (400, "unknown_parameter", "banana")),
        (
            {"messages": [{"role": "user", "content": "a b " * 1500}]},
            (400, "context_length_exceeded", "messages"),
        ),
        ({"max_tokens": 2048}, (400, "context_length_exceeded", "messages")),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(client, changes, expected):
    """A parameter that is quietly ignored makes a wrong measurement."""
    assert expected == refusal(client, **changes)


def test_a_missing_field_is_named(client):
    """The one error every first request by hand runs into."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/chat/completions", body={"model": BASE}, cast_to=object)

    assert ("missing_required_parameter", "messages") == (
        caught.value.code,
        caught.value.param,
    )


def test_an_unknown_address_answers_in_the_same_shape(client):
    """The SDK reads the error's body; HTML would become a riddle."""
    with pytest.raises(openai.NotFoundError) as caught:
        client.get("/assistants", cast_to=object)

    assert "unknown_url" == caught.value.code
