"""One real training run: what it says, what it leaves, and that it learned."""

import json

import openai
import pytest
from local_training_kit import BASE, PAIRS


def test_the_job_succeeds_and_says_what_it_cost(trained):
    """Tokens are what providers bill; CPU-seconds are what this one costs."""
    assert trained.status == "succeeded"
    assert trained.trained_tokens > 0
    assert trained.trained_tokens % 6 == 0
    assert trained.cpu_s > 1
    assert trained.finished_at >= trained.created_at
    assert trained.error is None


def test_auto_values_are_shown_resolved(trained):
    """What was decided belongs to the record of the run."""
    chosen = trained.hyperparameters

    assert (chosen.n_epochs, chosen.batch_size) == (6, 4)
    assert chosen.learning_rate_multiplier == 2.0


def test_what_was_asked_comes_back(trained):
    """Metadata is how the job is found again."""
    assert trained.metadata == {"fingerprint": "f1", "climb": "one"}
    assert (trained.user_provided_suffix, trained.seed) == ("support desk", 7)


def test_events_tell_the_sequence_newest_first(server, trained):
    """A user follows the job by them."""
    listed = server.client.fine_tuning.jobs.list_events(trained.id, limit=100).data
    said = [event.message for event in listed]

    assert said[0] == "The job has successfully completed"
    assert f"Created fine-tuning job: {trained.id}" == said[-1]
    assert "Fine-tuning job started" in said
    assert {"message", "metrics"} == {event.type for event in listed}


def test_events_come_page_by_page(server, trained):
    """The SDK asks for the next page by the last id."""
    jobs = server.client.fine_tuning.jobs
    whole = [e.id for e in jobs.list_events(trained.id, limit=100)]

    assert whole == [e.id for e in jobs.list_events(trained.id, limit=3)]


def test_each_epoch_leaves_a_checkpoint_and_the_loss_falls(server, trained):
    """Losses are on record for every epoch, on training and validation data."""
    listed = server.client.fine_tuning.jobs.checkpoints.list(trained.id).data
    losses = [c.metrics.train_loss for c in reversed(listed)]

    assert [c.step_number for c in listed] == [18, 15, 12, 9, 6, 3]
    assert losses[5] < losses[2] < losses[0]
    assert all(c.metrics.full_valid_loss > 0 for c in listed)
    assert {trained.id} == {c.fine_tuning_job_id for c in listed}


def test_the_model_and_the_last_two_checkpoints_are_served(server, trained):
    """The best of the last checkpoints is chosen by asking each."""
    listed = server.client.fine_tuning.jobs.checkpoints.list(trained.id).data
    models = {model.id for model in server.client.models.list()}
    last = [c.fine_tuned_model_checkpoint for c in listed[:2]]

    assert trained.fine_tuned_model == last[0]
    assert last[1] == f"{trained.fine_tuned_model}:ckpt-step-15"
    assert set(last) <= models
    assert f"ft:{BASE}:local:support-desk:{trained.id[6:14]}" in models


def test_the_model_answers_with_what_it_was_taught(server, trained):
    """The base writes prose here; this is the point of training."""
    labels = {answer for _, answer in PAIRS}
    answers = [
        server.client.chat.completions.create(
            model=trained.fine_tuned_model,
            messages=[{"role": "user", "content": question}],
            temperature=0,
            max_tokens=8,
        )
        .choices[0]
        .message.content
        for question, _ in PAIRS
    ]

    assert sum(answer in labels for answer in answers) >= 9


def test_the_adapter_is_kept_as_peft_writes_it(server, trained):
    """vLLM and others load it beside the public base."""
    name = trained.fine_tuned_model.replace(":", "--")
    folder = server.root / "models" / name / "adapter"
    config = json.loads((folder / "adapter_config.json").read_text())

    assert config["base_model_name_or_path"] == "HuggingFaceTB/SmolLM2-135M-Instruct"
    assert (folder / "adapter_model.safetensors").stat().st_size > 0


def test_cancelling_a_finished_job_is_refused(server, trained):
    """What is done is done."""
    with pytest.raises(openai.BadRequestError, match="already completed"):
        server.client.fine_tuning.jobs.cancel(trained.id)
