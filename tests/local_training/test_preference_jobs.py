"""Preference jobs through the unmodified SDK: OpenAI's format, our trainer."""

import json

import openai
import pytest
from local_training_kit import BASE, PAIRS, training_file

from suffice.local.preference_file import parse_preferences
from suffice.local.training_file import BadTrainingFileError


def line(question="What is it?", **changed):
    """One preference as OpenAI's page on DPO shows it."""
    made = {
        "input": {"messages": [{"role": "user", "content": question}]},
        "preferred_output": [{"role": "assistant", "content": "billing"}],
        "non_preferred_output": [{"role": "assistant", "content": "It is billing."}],
    }
    return json.dumps({**made, **changed}).encode() + b"\n"


def preferences():
    """Short answers are preferred to long ones."""
    lines = []
    for question, answer in PAIRS:
        both = (answer, f"I think this is about {answer}, is it not?")
        wanted, other = ([{"role": "assistant", "content": text}] for text in both)
        lines.append(
            line(question, preferred_output=wanted, non_preferred_output=other)
        )
    return b"".join(lines)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"input": None}, "has no object 'input'"),
        ({"input": {"messages": []}}, "'messages' is empty"),
        ({"better": 1}, "has an unknown key 'better'"),
        ({"preferred_output": "billing"}, "'preferred_output' is no list of one"),
        ({"non_preferred_output": []}, "'non_preferred_output' is no list of one"),
        (
            {"preferred_output": [{"role": "user", "content": "x"}]},
            "is not an answer from 'assistant'",
        ),
        (
            {"non_preferred_output": [{"role": "assistant", "content": "billing"}]},
            "both answers are the same",
        ),
    ],
)
def test_a_bad_line_is_named_with_its_reason(changed, said):
    """The user has a thousand of them."""
    with pytest.raises(BadTrainingFileError, match="Line 2") as caught:
        parse_preferences(line() + line(**changed), min_examples=1)

    assert said in caught.value.message


def test_what_the_assistant_said_before_is_shown_and_not_learned():
    """Only the two answers are compared."""
    asked = [
        {"role": "assistant", "content": "How can I help?"},
        {"role": "user", "content": "My invoice"},
    ]
    (found,) = parse_preferences(line(input={"messages": asked}), min_examples=1)

    assert [0, None, None] == [m.get("weight") for m in found.preferred]
    assert found.preferred[:2] == found.other[:2]


def test_preferences_are_learned_on_top_of_a_tuned_model(server, trained):
    """As with OpenAI: supervised first, then what is preferred; one adapter comes."""
    few = {"n_epochs": 1, "beta": 0.3, "learning_rate_multiplier": 10}
    job = server.submit(
        preferences(),
        model=trained.fine_tuned_model,
        method={"type": "dpo", "dpo": {"hyperparameters": few}},
    )
    done = server.wait(job)
    listed = server.client.fine_tuning.jobs.checkpoints.list(job.id).data
    shape = server.root / "models" / done.fine_tuned_model.replace(":", "--")
    config = json.loads((shape / "adapter" / "adapter_config.json").read_text())

    assert ("succeeded", None) == (done.status, done.error)
    assert (done.method.type, done.method.dpo.hyperparameters.beta) == ("dpo", 0.3)
    assert done.fine_tuned_model.startswith(f"ft:{BASE}:local:")
    assert listed[0].metrics.train_loss < 0.6931
    assert config["base_model_name_or_path"] == "HuggingFaceTB/SmolLM2-135M-Instruct"
    assert 10 == min(config["layers_to_transform"])


def test_a_chat_file_is_no_file_of_preferences(server):
    """Told with the line before any training."""
    job = server.submit(training_file(), method={"type": "dpo"})
    failed = server.wait(job)

    assert ("failed", "invalid_training_file") == (failed.status, failed.error.code)
    assert "Line 1 has an unknown key 'messages'" in failed.error.message


def test_a_tuned_model_is_not_tuned_further_in_full(server, trained):
    """Its adapter would be lost in it."""
    method = {"type": "supervised", "supervised": {"hyperparameters": {}}}
    method["supervised"]["hyperparameters"]["method"] = "full"
    with pytest.raises(openai.BadRequestError, match="only be tuned further"):
        server.submit(model=trained.fine_tuned_model, method=method)
