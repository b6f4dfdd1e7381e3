"""The choice on dev: cheap, and never worse than what it started from."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_fakes import ZERO_SHOT, FakeModel, asked, desk, echo, examples
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.candidates import Demonstration
from suffice.errors import BadExamples
from suffice.measuring.choosing import choose
from suffice.measuring.responses import ResponseStore


def saying(*texts):
    return [replace(ZERO_SHOT, name=text, system=text) for text in texts]


def good_as(request):
    """Right on so many of ten questions as the system message says."""
    share = int(request["messages"][0]["content"].split()[0])
    number = int(asked(request).split()[-1])
    return asked(request) if number * 7 % 10 < share else "wrong"


def test_takes_the_best():
    """The point of choosing."""
    choice = choose(
        saying("2", "9", "5", "3"), examples(40), desk=desk(FakeModel(good_as))
    )

    assert choice.winner.name == "9"
    assert [t.name for t in choice.tried[:2]] == ["9", "2"]


def test_equals_go_to_the_cheaper_prompt():
    """Every token of the prompt is paid with every request."""
    wordy, short = saying("5 and very many words", "5")

    choice = choose([wordy, short], examples(20), desk=desk(FakeModel(good_as)))

    assert choice.winner.name == "5"


def test_costs_far_fewer_calls_than_asking_everything():
    """Half of the alternatives are dropped after 8 examples, and so on."""
    model = FakeModel(good_as)

    choose(saying(*map(str, range(10))), examples(64), desk=desk(model))

    assert len(model.asked) < 10 * 64 / 2


def test_the_first_need_not_be_kept():
    """Where the first is one draw of many, its calls are worth nothing more."""
    kept, free = FakeModel(good_as), FakeModel(good_as)
    candidates = saying("0", *map(str, range(1, 10)))

    first = choose(candidates, examples(64), desk=desk(kept))
    second = choose(candidates, examples(64), desk=desk(free), keep_first=False)

    assert first.winner == second.winner
    assert len(free.asked) < len(kept.asked)


def test_among_the_hopeless_the_choice_is_not_worth_more_calls():
    """Whichever is chosen will fail, and each call of the choice is paid for."""
    model = FakeModel(good_as)

    choose(saying("0", "1", "0 too"), examples(64), desk=desk(model), bar=0.9)

    assert 3 * 8 == len(model.asked)


def test_a_single_candidate_is_chosen_without_a_call():
    """There is nothing to choose."""
    model = FakeModel(echo)

    assert choose([ZERO_SHOT], examples(9), desk=desk(model)).winner == ZERO_SHOT
    assert model.asked == []


def test_no_candidate_is_an_error():
    """A rung without candidates must not pass silently."""
    with pytest.raises(BadExamples):
        choose([], examples(9), desk=desk(FakeModel(echo)))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.booleans(), min_size=20, max_size=20), min_size=2, max_size=7),
    st.integers(1, 20),
)
def test_never_worse_on_dev_than_what_it_started_from(right, n_dev):
    """An optimiser that can lose is worse than none."""
    candidates = saying(*(str(i) for i in range(len(right))))

    def answer(request):
        which = int(request["messages"][0]["content"])
        number = int(asked(request).split()[-1])
        return asked(request) if right[which][number] else "wrong"

    choice = choose(candidates, examples(n_dev), desk=desk(FakeModel(answer)))

    found = {t.name: t for t in choice.tried}
    start, winner = found["0"], found[choice.winner.name]
    assert winner.n == start.n
    assert winner.quality >= start.quality


def test_chosen_again_it_asks_nothing_and_chooses_the_same(tmp_path):
    """A climb that is run again must not pay for its choices again."""
    candidates, dev = saying("2", "9", "5"), examples(30)
    with ResponseStore(tmp_path / "responses.db") as store:
        first = choose(candidates, dev, desk=desk(FakeModel(good_as), store=store))
        again = FakeModel(good_as)
        second = choose(candidates, dev, desk=desk(again, store=store))

    assert (first.winner, []) == (second.winner, again.asked)


def test_says_how_far_the_draws_were_apart():
    """Few-shot quality varies with the draw: a reader must see by how much."""
    shown = [
        Demonstration(messages=({"role": "user", "content": "a"},), answer=answer)
        for answer in ("good", "bad")
    ]
    draws = [
        replace(ZERO_SHOT, name=d.answer, demonstrations=(d,), rung="few-shot")
        for d in shown
    ]

    def answer(request):
        good = request["messages"][2]["content"] == "good"
        return asked(request) if good else "wrong"

    choice = choose(draws, examples(16), desk=desk(FakeModel(answer)))

    assert (choice.winner.name, choice.spread) == ("good", 1.0)
    assert "1.00 apart" in choice.note
