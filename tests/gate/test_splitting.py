"""The split: repeatable, without leaks, and as even as the groups allow."""

from __future__ import annotations

from collections import Counter

import pytest
from gate_data import Write, chat, chats
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.data.reading import read_examples
from suffice.data.splitting import asked, split
from suffice.data.twins import find_twins
from suffice.examples import Example


def example(n: int, question: str, answer: str = "a", cluster: str | None = None):
    asked = ({"role": "user", "content": question},)
    return Example(
        id=str(n), messages=asked, answer=answer, cluster=cluster, where=f"f:{n}"
    )


def words(n: int) -> str:
    return f"v{n}a v{n}b v{n}c v{n}d v{n}e"


def ids(part: tuple[Example, ...]) -> list[str]:
    return [e.id for e in part]


def test_the_same_seed_gives_the_same_split_whatever_the_order_of_the_file():
    """A file that was sorted anew holds the same examples."""
    examples = [example(n, words(n), "ab"[n % 2]) for n in range(100)]
    one, two = split(examples, seed=7), split(examples[::-1], seed=7)

    assert [ids(one.test), set(ids(one.dev))] == [ids(two.test), set(ids(two.dev))]
    assert ids(one.test) != ids(split(examples, seed=8).test)


def test_a_given_test_set_is_used_whole():
    """It may have been agreed on with somebody."""
    test = [example(n, words(n)) for n in range(1000, 1050)]
    parts = split([example(n, words(n)) for n in range(100)], test, seed=7)

    assert (50, 15, 85) == (len(parts.test), len(parts.dev), len(parts.train))


def test_the_test_order_does_not_change_when_an_example_is_added():
    """What was measured on the first part of the order stays comparable."""
    test = [example(n, words(n)) for n in range(50)]
    longer = [*test, example(50, words(50))]
    before, after = split([], test, seed=7).test, split([], longer, seed=7).test

    assert ids(before) == [i for i in ids(after) if i != "50"]


def test_examples_of_one_cluster_are_in_one_part():
    """Questions on one document give each other away."""
    examples = [example(n, words(n), cluster=f"c{n // 4}") for n in range(120)]
    parts = split(examples, seed=7)
    clusters = [{e.cluster for e in p} for p in (parts.train, parts.dev, parts.test)]

    assert sum(map(len, clusters)) == len(set().union(*clusters))


def test_labels_are_spread_evenly():
    """A test set without a label cannot tell whether it is ever right."""
    examples = [example(n, words(n), "abcd"[n % 4]) for n in range(200)]
    parts = split(examples, seed=7)

    assert {15} == set(Counter(e.answer for e in parts.test).values())
    assert set(Counter(e.answer for e in parts.dev).values()) <= {7, 8}


def test_a_twin_and_a_cluster_mate_of_a_test_example_are_left_out():
    """Both have seen what is asked."""
    test = [example(1, words(1)), example(2, words(2), cluster="c")]
    pool = [example(3, words(1) + " !"), example(4, words(4), cluster="c")]
    parts = split([*pool, *(example(n, words(n)) for n in range(5, 30))], test, seed=7)

    assert not {"3", "4"} & {*ids(parts.train), *ids(parts.dev)}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("abcde"), min_size=1, max_size=9), max_size=40),
    st.integers(0, 12),
    st.integers(0, 3),
)
def test_no_near_twin_is_in_two_parts(texts: list[list[str]], n_test: int, seed: int):
    """Checked against every pair, by the definition and not by the search."""
    all_examples = [example(n, " ".join(t)) for n, t in enumerate(texts)]
    test, pool = all_examples[:n_test], all_examples[n_test:]
    parts = split(pool, test or None, seed=seed)
    judged = {e.id for e in parts.test}
    others = [*parts.train, *parts.dev]

    def grams(e: Example) -> set[str]:
        w = asked(e).split()
        return {" ".join(w[i : i + 3]) for i in range(max(1, len(w) - 2))}

    for a in others:
        for b in parts.test:
            one, two = grams(a), grams(b)
            assert len(one & two) < 0.7 * len(one | two)
    assert judged >= {e.id for e in test}


def test_a_form_letter_does_not_make_twins():
    """Two thirds of each text may be the same polite frame."""
    frame = "dear support team please be so kind and answer the following question {} "
    frame += "thank you very much in advance and have a nice day"
    texts = [frame.format(words(n)) for n in range(60)]

    assert {-1} == set(find_twins(texts).twin_of)


def test_copies_differ_in_case_and_white_space_only(write: Write):
    """Punctuation carries meaning: C++ is not C."""
    twins = find_twins(["How do I call C?", "how do i  call c?", "How do I call C++?"])

    assert (-1, 0, -1) == twins.copy_of


def test_examples_with_the_same_content_get_ids_of_their_own(write: Write):
    """Answers are stored by id; two rows under one would hide each other."""
    read = read_examples(write(*chats(1), *chats(1), chat("x", "y", id="1")))

    assert 3 == len({e.id for e in read.examples})


@pytest.mark.parametrize("told", [False, True])
def test_a_cluster_stands_together_in_the_frozen_order(told):
    """Scattered, only the first of its examples would count, and all be paid for."""
    examples = [example(n, words(n), cluster=f"c{n // 4}") for n in range(200)]
    parts = split([], examples, seed=7) if told else split(examples, seed=7)
    names = [e.cluster for e in parts.test]
    runs = [a for a, b in zip(names, [*names[1:], ""], strict=True) if a != b]

    assert len(set(names)) == len(runs) >= 10
    assert runs != sorted(runs)


def test_small_clusters_leave_something_to_choose_on():
    """Without dev, prompts and demonstrations would be chosen by chance."""
    examples = [example(n, words(n), cluster=f"c{n // 3}") for n in range(120)]

    assert 15 <= len(split(examples, seed=7).dev) <= 21
