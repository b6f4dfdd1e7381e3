"""Retrieved few-shot: the nearest labelled examples, chosen on dev, never a leak."""

from __future__ import annotations

from dataclasses import replace

from rung_endpoint import copies_the_nearest

from suffice.examples import Example
from suffice.measuring.means import Means
from suffice.measuring.retrieving_rungs import retrieved_few_shot
from suffice.retrieval.pools import Pool
from suffice.stages.climb import kept_candidate
from suffice.stages.measurements import measure_rung

RUNG = "retrieved-few-shot"


def test_the_nearest_examples_do_what_random_ones_cannot(serve, climb_of):
    """The model here copies what it was shown last: only retrieval helps it."""
    climb = climb_of(serve(copies_the_nearest), rungs=("few-shot", RUNG))

    few, retrieved = (measure_rung(climb, r, "m") for r in ("few-shot", RUNG))

    how = kept_candidate(climb, retrieved.candidate_key).retrieval
    assert ("failed", "passed") == (few.ruling, retrieved.ruling)
    assert ("nearest-last", 1.0) == (how.order, retrieved.retrieval_hit)


def test_measured_again_it_asks_nothing(serve, climb_of):
    """What is retrieved is the same every time, so every answer is in the store."""
    endpoint = serve(copies_the_nearest)
    climb = climb_of(endpoint, rungs=(RUNG,), embedder="embed")
    first = measure_rung(climb, RUNG, "m")
    n_asked = {kind: len(asked) for kind, asked in endpoint.asked.items()}

    again = measure_rung(climb, RUNG, "m")

    assert n_asked == {kind: len(asked) for kind, asked in endpoint.asked.items()}
    assert (first.candidate_key, 0) == (again.candidate_key, again.n_calls)


def test_vectors_are_used_where_the_endpoint_has_them(serve, climb_of):
    """A question may share no word with the example that answers it."""
    endpoint = serve(copies_the_nearest)
    climb = climb_of(endpoint, rungs=(RUNG,), embedder="embed")

    measure_rung(climb, RUNG, "m")

    texts = [text for asked in endpoint.asked["embed"] for text in asked["input"]]
    assert {e.question for e in climb.split.train} <= set(texts)
    assert len(texts) == len(set(texts))


def test_an_endpoint_without_vectors_is_searched_by_words(serve, climb_of):
    """Nobody is asked to embed who was never named as able to."""
    endpoint = serve(copies_the_nearest)

    measured = measure_rung(climb_of(endpoint, rungs=(RUNG,)), RUNG, "m")

    assert ([], "passed") == (endpoint.asked["embed"], measured.ruling)


def test_the_price_of_embedding_the_question_is_in_the_price(serve, climb_of):
    """A request is not cheaper than what it takes."""
    endpoint = serve(copies_the_nearest)
    climb = climb_of(endpoint, rungs=(RUNG,), embedder="embed")
    measured = measure_rung(climb, RUNG, "m")
    how = kept_candidate(climb, measured.candidate_key).retrieval

    tokens = (measured.input_tokens * 1.0 + measured.output_tokens * 4.0) / 1e6
    side = measured.usd_per_request - tokens
    assert (how.by == "embeddings") == (side > 1e-9)


def test_an_example_never_retrieves_itself_its_copy_or_its_twin():
    """What is measured would otherwise be remembering."""
    text = "please send the big red car to my house in the old town by friday"
    asked = Example(id="a", messages=({"role": "user", "content": text},), answer="red")
    copy = replace(asked, id="b")
    twin = replace(
        asked, id="c", messages=({"role": "user", "content": f"{text} thanks"},)
    )
    other = replace(
        asked, id="d", messages=({"role": "user", "content": "a red car, is it?"},)
    )
    pool = Pool(examples=(asked, copy, twin, other))

    assert [3] == pool.search(asked, 4, by="bm25")


def test_what_is_shown_stays_inside_the_context(climb_of, serve):
    """A prompt that is cut off is not the prompt that was chosen."""
    climb = climb_of(serve(copies_the_nearest))
    pool = Pool(examples=climb.split.train)

    found = retrieved_few_shot(
        climb.brief, climb.split, "m", Means(context_tokens=240, examples=pool)
    )

    assert {4} == {c.retrieval.k for c in found}
    assert all(0 < c.retrieval.room_tokens < 240 for c in found)


def test_the_pool_is_part_of_the_candidate():
    """Another pool answers otherwise: it is another candidate."""
    one, other = (
        Pool(examples=(Example(id="1", messages=(m,), answer="x"),)).digest
        for m in (
            {"role": "user", "content": "a"},
            {"role": "user", "content": "b"},
        )
    )

    assert one != other
