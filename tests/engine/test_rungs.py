"""What each rung tries, and that it is deployable as it was measured."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from suffice.brief import Brief, Tuning
from suffice.errors import BadExamples
from suffice.examples import Example, Split
from suffice.measuring.demonstrations import draw_demonstrations
from suffice.measuring.formats import describe_format
from suffice.measuring.means import Means
from suffice.measuring.rungs import alternatives, fits
from suffice.measuring.tuned_rungs import training_rows, tuned_candidate

FIVE = ("floor", "zero-shot", "few-shot", "optimised-prompt", "fine-tuned")
BRIEF = Brief(
    name="colours", instructions="Name the colour.", examples="x.jsonl", rungs=FIVE
)
PROMPTING = ("zero-shot", "few-shot", "optimised-prompt")


def chats(n, answers=("red", "green", "blue")):
    return tuple(
        Example(
            id=str(i),
            messages=({"role": "user", "content": f"thing {i}"},),
            answer=answers[i % len(answers)],
        )
        for i in range(n)
    )


SPLIT = Split(train=chats(60), dev=(), test=())


@pytest.mark.parametrize("rung", ["floor", *PROMPTING, "fine-tuned"])
def test_every_rung_has_candidates_of_its_own(rung):
    """A rung the brief names is tried, and its candidates differ."""
    found = alternatives(rung, BRIEF, SPLIT, "m")

    assert {rung} == {c.rung for c in found}
    assert len(found) == len({c.key for c in found}) == len({c.name for c in found})


@pytest.mark.parametrize("rung", PROMPTING)
def test_the_same_seed_gives_the_same_candidates(rung):
    """A climb that is run again must find its stored answers."""
    first = alternatives(rung, BRIEF, SPLIT, "m")

    assert first == alternatives(rung, BRIEF, SPLIT, "m")


@pytest.mark.parametrize("rung", PROMPTING)
def test_every_prompt_carries_the_instructions(rung):
    """No prompt is sabotaged: each is told at least what the brief says."""
    for candidate in alternatives(rung, BRIEF, SPLIT, "m"):
        said = f"{candidate.system} {candidate.preamble}"

        assert BRIEF.instructions in said


def test_zero_shot_is_tried_without_a_system_role():
    """Some models ignore the system message, some refuse it."""
    with_role, without = alternatives("zero-shot", BRIEF, SPLIT, "m")
    roles = [m["role"] for m in without.prompt(SPLIT.train[0])]

    assert BRIEF.instructions == with_role.system
    assert roles == ["user"]
    assert without.prompt(SPLIT.train[0])[0]["content"].startswith("Name the colour.")


def test_few_shot_draws_three_times():
    """One draw says little: quality varies by several points with it."""
    shots = Counter(
        len(c.demonstrations) for c in alternatives("few-shot", BRIEF, SPLIT, "m")
    )

    assert shots == {2: 3, 4: 3, 8: 3, 16: 3, 25: 3}


def test_few_shot_shows_training_examples_only():
    """Showing dev or test examples would be teaching to the test."""
    dev = replace(SPLIT.train[0], messages=({"role": "user", "content": "secret"},))
    split = replace(SPLIT, dev=(dev,), test=(dev,))
    known = [e.messages for e in split.train]
    found = alternatives("few-shot", BRIEF, split, "m")
    shown = [d.messages for c in found for d in c.demonstrations]

    assert len(shown) >= len(found) > 1
    assert [] == [messages for messages in shown if messages not in known]


def test_the_prompt_begins_alike_for_every_question():
    """A shared beginning is what endpoints cache: demonstrations come first."""
    candidate = alternatives("few-shot", BRIEF, SPLIT, "m")[0]
    one, other = (candidate.prompt(e) for e in SPLIT.train[:2])

    assert one[:-1] == other[:-1]
    assert one[-1] != other[-1]


def test_draws_show_every_kind_of_answer():
    """A label that is never shown is rarely given."""
    shown = draw_demonstrations(SPLIT.train, 6, seed=1, draw=1)

    assert Counter(d.answer for d in shown) == {"red": 2, "green": 2, "blue": 2}


def test_json_answers_are_of_a_kind_by_their_first_repeating_field():
    """Whole objects hardly ever repeat; their category does."""
    answers = [json.dumps({"id": i, "kind": "ab"[i % 10 == 0]}) for i in range(40)]
    shown = draw_demonstrations(chats(40, answers), 4, seed=1, draw=1)

    kinds = Counter(json.loads(d.answer)["kind"] for d in shown)

    assert kinds == {"a": 2, "b": 2}


def test_what_does_not_fit_is_not_tried():
    """A prompt that is cut off at the context's end is not the prompt we chose."""
    found = alternatives("few-shot", BRIEF, SPLIT, "m", Means(context_tokens=300))

    assert {2, 4, 8} == {len(c.demonstrations) for c in found}
    assert all(fits(c, SPLIT, 300) for c in found)


def test_few_training_examples_are_all_shown():
    """With three examples one shows three."""
    found = alternatives("few-shot", BRIEF, Split(train=chats(3), dev=(), test=()), "m")

    assert {2, 3} == {len(c.demonstrations) for c in found}


def test_nothing_to_show_is_an_error():
    """Few-shot without examples is zero-shot under a false name."""
    empty = Split(train=(), dev=(), test=())

    with pytest.raises(BadExamples, match="0 training examples"):
        alternatives("few-shot", BRIEF, empty, "m")


def test_the_optimised_prompt_starts_from_what_was_found():
    """The choice begins at the best of the rungs below, demonstrations included."""
    start = alternatives("few-shot", BRIEF, SPLIT, "m")[4]
    found = alternatives("optimised-prompt", BRIEF, SPLIT, "m", Means(start=start))

    assert start.prompt(SPLIT.train[0]) == found[0].prompt(SPLIT.train[0])
    assert {True, False} == {bool(c.demonstrations) for c in found}
    assert all(c.demonstrations in ((), start.demonstrations) for c in found)


def test_a_start_without_a_system_role_keeps_doing_without():
    """If the model does better without it, the techniques follow."""
    start = alternatives("zero-shot", BRIEF, SPLIT, "m")[1]
    found = alternatives("optimised-prompt", BRIEF, SPLIT, "m", Means(start=start))

    assert {None} == {c.system for c in found}


def test_thinking_has_room_and_its_answer_is_found():
    """Chain of thought cut off at 64 tokens would never reach its answer."""
    found = alternatives("optimised-prompt", BRIEF, SPLIT, "m")
    (thinking,) = (c for c in found if c.name == "chain of thought")

    assert (thinking.answer_rule, thinking.max_output_tokens) == ("after-answer", 256)


@pytest.mark.parametrize("instructions", [None, "Name it."])
def test_what_is_trained_is_what_will_run(instructions):
    """A tuned model answers best to the very prompt it was trained with."""
    brief = BRIEF.model_copy(update={"tuning": Tuning(instructions=instructions)})
    example = SPLIT.train[0]
    (row,) = training_rows(brief, [example])

    asked = tuned_candidate(brief, "ft:m").prompt(example)

    assert {"messages": [*asked, {"role": "assistant", "content": "red"}]} == row
    assert (instructions or "colours") == asked[0]["content"]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (["a b", "c"] * 9, "Answer with exactly one of: a b, c. Nothing else."),
        ([str(i) for i in range(9)], "Answer with a number only. Nothing else."),
        (
            ['{"kind": "a", "n": 1}', '{"kind": "b", "n": 2, "why": "x y"}'] * 2
            + ['{"kind": "a", "n": 3}', '{"kind": "b", "n": 4}'],
            'Answer with one line of JSON with these keys, in this order: "kind" '
            '(one of "a", "b"), "n" (a whole number), "why" (text, left out where it '
            "is unknown). Nothing before it, nothing after it.",
        ),
        (
            ["one two three", "four"],
            "Answer with one line of at most 1 words, and nothing else.",
        ),
        ([], ""),
    ],
)
def test_the_format_is_told_as_the_answers_have_it(answers, said):
    """Rules are mined from the answers, and nothing is said that they do not bear."""
    assert said == describe_format(answers)


def test_tool_calls_are_trained_as_the_api_writes_them():
    """Both the functions and the wanted calls belong into the training row."""
    tool = {"type": "function", "function": {"name": "find", "parameters": {}}}
    answer = '[{"arguments": {"id": 7}, "name": "find"}]'
    example = replace(SPLIT.train[0], answer=answer, tools=(tool,))
    (row,) = training_rows(BRIEF, [example])

    (call,) = row["messages"][-1]["tool_calls"]
    assert row["tools"] == [tool]
    assert call["function"] == {"name": "find", "arguments": '{"id": 7}'}


def test_weights_are_for_training_only():
    """An endpoint refuses keys it does not know; training honours them."""
    messages = (
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b", "weight": 0},
        {"role": "user", "content": "c"},
    )
    example = replace(SPLIT.train[0], messages=messages)
    asked = tuned_candidate(BRIEF, "m").prompt(example)
    rows = training_rows(BRIEF, [example, replace(example, weight=0)])

    assert [m.get("weight") for m in asked] == [None] * 4
    assert [[m.get("weight") for m in r["messages"]] for r in rows] == [
        [None, None, 0, None, None]
    ]
