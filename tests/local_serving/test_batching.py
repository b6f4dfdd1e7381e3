"""Which requests run together, and that it does not change what they get."""

from __future__ import annotations

import time
from concurrent.futures import wait

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serving_base import BASE

from suffice.local.asks import (
    LENGTH_RATIO,
    LENGTH_SLACK,
    MAX_BATCH,
    MAX_BATCH_TOKENS,
    Ask,
    Sampling,
    next_batch,
    shared_prefix,
)
from suffice.local.cpu_shares import CpuShares
from suffice.local.engine import Engine, EngineStopped
from suffice.local.render import render
from suffice.local.tokens import Tokens

INSTRUCTIONS = (
    "You are a support engineer of an API product. Read the message of the customer "
    "and answer in one short sentence that names the most likely cause."
)


@pytest.fixture(scope="module")
def engine(prepared):
    """An engine in this process, on the base."""
    running = Engine(lambda model: prepared / model / "ct2")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def tokens(prepared):
    """The base's tokenizer."""
    return Tokens(prepared / BASE / "ct2")


def question(i):
    """Questions of five lengths."""
    return f"Error {400 + i} on {'every ' * (i % 5)}call."


def asks(tokens, n, *, instructions=INSTRUCTIONS, **changes):
    """Support questions with the same instructions."""
    system = [{"role": "system", "content": instructions}]
    return [
        Ask(
            model=BASE,
            prefix=tuple(render(system, tokens, add_generation_prompt=False)),
            suffix=tuple(
                render(
                    [{"role": "user", "content": question(i)}],
                    tokens,
                    add_generation_prompt=True,
                )
            ),
            **{"max_tokens": 8, **changes},
        )
        for i in range(n)
    ]


def some_ask(*, prefix=0, suffix=5, model="m", **changes):
    """An ask of those lengths; equal numbers make equal beginnings."""
    return Ask(
        model=model,
        prefix=(prefix,) * prefix,
        suffix=(1,) * suffix,
        **{"max_tokens": 5, **changes},
    )


def test_equal_beginnings_run_together():
    """Their beginning is computed once."""
    waiting = [some_ask(prefix=40), some_ask(prefix=0), some_ask(prefix=40)]

    assert [waiting[0], waiting[2]] == next_batch(waiting)
    assert waiting[0].prefix == shared_prefix(next_batch(waiting))


def test_different_beginnings_still_run_together():
    """Retrieved examples differ from request to request: no batch of one each."""
    waiting = [some_ask(prefix=40 + i) for i in range(6)]

    assert 6 == len(next_batch(waiting))
    assert () == shared_prefix(waiting)


def test_a_long_beginning_is_not_computed_again_for_company():
    """Three of one prompt among twenty of others: its 300 tokens are kept."""
    waiting = [some_ask(prefix=300) for _ in range(3)]
    waiting += [some_ask(prefix=301 + i % 4) for i in range(20)]

    assert waiting[:3] == next_batch(waiting)
    assert waiting[0].prefix == shared_prefix(next_batch(waiting))


def test_what_waits_is_shared_out_among_free_workers():
    """Two cores answer two halves sooner than one answers all."""
    waiting = [some_ask(prefix=40) for _ in range(8)]

    assert (8, 4, 3) == tuple(len(next_batch(waiting, free)) for free in (1, 2, 3))


def test_a_group_is_not_cut_while_there_is_work_for_the_others():
    """Its beginning would be computed by each of them."""
    waiting = [some_ask(prefix=300) for _ in range(6)]
    waiting += [some_ask(prefix=301) for _ in range(6)]

    assert waiting[:6] == next_batch(waiting, 2)


def test_models_and_samplings_are_not_mixed():
    """One batch has one model and one temperature."""
    warm = Sampling(temperature=1.0)
    waiting = [some_ask(), some_ask(model="other"), some_ask(sampling=warm)]

    assert waiting[:1] == next_batch(waiting)


def test_a_seeded_draw_runs_alone():
    """Company would change its random numbers."""
    seeded = Sampling(temperature=1.0, seed=1)
    waiting = [some_ask(sampling=seeded), some_ask(sampling=seeded)]

    assert waiting[:1] == next_batch(waiting)


@settings(max_examples=50, deadline=None)
@given(
    lengths=st.lists(
        st.tuples(st.sampled_from([0, 20, 300]), st.integers(1, 1500)),
        min_size=1,
        max_size=80,
    )
)
def test_every_batch_is_bounded_and_takes_the_oldest(lengths):
    """Nobody waits for ever; no batch outgrows the memory; lengths are close."""
    waiting = [some_ask(prefix=p, suffix=s) for p, s in lengths]
    batch = next_batch(waiting)
    sizes = [len(ask.prompt) for ask in batch]

    assert waiting[0] is batch[0]
    assert len(batch) == len(set(batch)) <= MAX_BATCH
    assert max(sizes) <= min(sizes) * LENGTH_RATIO + LENGTH_SLACK
    assert len(batch) == 1 or len(batch) * (max(sizes) + 5) <= MAX_BATCH_TOKENS


def test_batched_answers_are_as_good_as_single_ones(engine, tokens):
    """
    In a batch of unequal lengths sums are rounded differently, and one flipped
    rounding may change a greedy token (12 of 16 answers were the same).  What must
    not change is how good the answers are: their mean log-probability a token.
    It moved by 0.005 to 0.06 in five such comparisons; tolerated is 0.15.
    """
    single = [engine.ask(ask).result() for ask in asks(tokens, 8)]
    batched = [future.result() for future in [engine.ask(a) for a in asks(tokens, 8)]]

    assert mean_logprob(single) == pytest.approx(mean_logprob(batched), abs=0.15)
    assert [a.prompt_tokens for a in single] == [a.prompt_tokens for a in batched]


def mean_logprob(answers):
    """Mean logarithm of the probability a token."""
    values = [piece.logprob for answer in answers for piece in answer.pieces]
    return sum(values) / len(values)


def test_a_second_request_finds_its_beginning_kept(engine, tokens):
    """Cached tokens are priced lower: they must be counted, and truly be spared."""
    other = INSTRUCTIONS + " Be polite."
    first, second = (
        engine.ask(asks(tokens, 1, instructions=other)[0]).result() for _ in range(2)
    )
    prefix = len(asks(tokens, 1, instructions=other)[0].prefix)

    assert (0, prefix) == (first.cached_tokens, second.cached_tokens)
    assert first.text == second.text


def test_a_kept_beginning_gives_the_same_answer_as_none(engine, tokens):
    """The state that is kept is the state that would be computed."""
    ask = asks(tokens, 1)[0]
    whole = Ask(model=BASE, prefix=(), suffix=ask.prompt, max_tokens=8)
    kept, plain = engine.ask(ask).result(), engine.ask(whole).result()

    assert plain.text == kept.text
    assert 0 == plain.cached_tokens


def test_a_kept_beginning_is_found_by_the_worker_that_keeps_it(engine, tokens):
    """Whoever is free first would compute it anew, every other time."""
    other = INSTRUCTIONS + " Be brief, and never guess."
    answers = [
        engine.ask(asks(tokens, 1, instructions=other)[0]).result() for _ in range(6)
    ]

    assert 0 == answers[0].cached_tokens
    assert {answers[1].cached_tokens} == {a.cached_tokens for a in answers[1:]}
    assert answers[1].cached_tokens > 0


def test_processor_time_is_shared_out_among_what_runs_at_once(engine, tokens):
    """Its sum is what a price is made of: neither twice nor half."""
    before = time.process_time()
    futures = [engine.ask(a) for a in asks(tokens, 12, max_tokens=16)]
    told = sum(future.result().cpu_s for future in futures)
    spent = time.process_time() - before

    assert 0.6 * spent < told <= spent


def test_shares_add_up_to_what_was_used():
    """One alone, then two, then the other alone."""
    at = iter([0.0, 4.0, 10.0, 12.0])
    shares = CpuShares(clock=lambda: next(at))
    with shares.counted() as first:
        inner = shares.counted()
        second = inner.__enter__()
    inner.__exit__(None, None, None)

    assert (7.0, 5.0) == (first.cpu_s, second.cpu_s)


def test_every_answer_ends_at_its_own_limit(engine, tokens):
    """The limits of a batch differ; the engine knows only one for all."""
    limits = [1, 3, 5]
    futures = [engine.ask(asks(tokens, 1, max_tokens=limit)[0]) for limit in limits]
    wait(futures)

    assert limits == [len(future.result().pieces) for future in futures]


def test_a_stopped_engine_says_so(prepared, tokens):
    """A request to a server that is leaving must fail, not hang."""
    engine = Engine(lambda model: prepared / model / "ct2")
    engine.start()
    engine.stop()

    with pytest.raises(EngineStopped):
        engine.ask(asks(tokens, 1)[0])


def test_stopping_ends_the_answers_in_work(prepared, tokens):
    """Ctrl-C must not wait for a long answer."""
    engine = Engine(lambda model: prepared / model / "ct2")
    engine.start()
    future = engine.ask(asks(tokens, 1, max_tokens=1500)[0])
    engine.stop()

    with pytest.raises(EngineStopped):
        future.result()
