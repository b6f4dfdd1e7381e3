"""``client.fine_tuning.jobs`` of the unmodified SDK: what is asked and refused."""

import openai
import pytest
from local_training_kit import BASE, PAIRS, training_file


def refused(server, **fields):
    with pytest.raises(openai.BadRequestError) as caught:
        server.submit(**fields)
    return caught.value.param, caught.value.message


@pytest.fixture(scope="module")
def upload(server):
    return server.upload().id


@pytest.mark.parametrize(
    ("hyperparameters", "key"),
    [
        ({"n_epochs": 0}, "n_epochs"),
        ({"n_epochs": "many"}, "n_epochs"),
        ({"batch_size": True}, "batch_size"),
        ({"batch_size": [8]}, "batch_size"),
        ({"learning_rate_multiplier": -1}, "learning_rate_multiplier"),
        ({"lora_rank": 1000}, "lora_rank"),
        ({"method": "magic"}, "method"),
        ({"early_stopping": "yes"}, "early_stopping"),
        ({"temperature": 1}, "temperature"),
    ],
)
def test_a_hyperparameter_that_cannot_be_used_is_named(
    server, upload, hyperparameters, key
):
    """Ignoring a setting would sell another training than was ordered."""
    param, message = refused(
        server, training_file=upload, hyperparameters=hyperparameters
    )

    assert f"method.supervised.hyperparameters.{key}" == param
    assert key in message


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": "gpt-4.1-nano"}, "model"),
        ({"training_file": "file-none"}, "training_file"),
        ({"validation_file": "file-none"}, "validation_file"),
        ({"suffix": "x" * 65}, "suffix"),
        ({"seed": -1}, "seed"),
        ({"metadata": {"k": "v" * 513}}, "metadata"),
        ({"metadata": {str(k): "v" for k in range(17)}}, "metadata"),
        ({"method": {"type": "reinforcement"}}, "method.type"),
        (
            {"method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 3}}}},
            "method.dpo.hyperparameters.beta",
        ),
        ({"extra_body": {"speed": "high"}}, "speed"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(server, upload, fields, param):
    """A refusal costs nothing; a job that fails later costs time."""
    assert param == refused(server, **{"training_file": upload, **fields})[0]


def test_an_unknown_job_is_not_found(server):
    """Also for events, checkpoints and cancelling."""
    jobs = server.client.fine_tuning.jobs
    for call in (jobs.retrieve, jobs.cancel, jobs.list_events, jobs.checkpoints.list):
        with pytest.raises(openai.NotFoundError):
            call("ftjob-none")


def test_a_bad_file_fails_the_job_with_line_and_reason(server):
    """The reason is in the job's error and in its events."""
    content = training_file() + b'{"messages": [{"role": "user", "content": "?"}]}'
    job = server.wait(server.submit(content))
    said = [e.message for e in server.client.fine_tuning.jobs.list_events(job.id)]

    assert (job.status, job.error.code) == ("failed", "invalid_training_file")
    assert job.error.param == "training_file"
    assert "Line 13, the last message is from 'user'" in job.error.message
    assert job.error.message == said[0]


def test_a_bad_validation_file_is_told_apart(server):
    """The user has two files to look at."""
    bad = server.upload(b"{}")
    job = server.wait(server.submit(validation_file=bad.id))

    assert (job.status, job.error.param) == ("failed", "validation_file")


def test_too_few_examples_fail_the_job(server):
    """Ten are the least, as at OpenAI."""
    job = server.wait(server.submit(training_file(PAIRS[:9])))

    assert (job.status, job.error.code) == ("failed", "invalid_n_examples")


def test_an_example_longer_than_the_context_fails_the_job(server):
    """Cutting it would teach answers without an end."""
    long = [("word " * 3000, "billing")]
    job = server.wait(server.submit(training_file(PAIRS + long)))

    assert job.status == "failed"
    assert "Line 13 has " in job.error.message


def test_the_older_way_to_give_hyperparameters_still_works(server, upload):
    """Many scripts send them at the top."""
    made = server.client.fine_tuning.jobs.create(
        model=BASE, training_file=upload, hyperparameters={"n_epochs": 1}
    )
    server.client.fine_tuning.jobs.cancel(made.id)

    assert (
        made.hyperparameters.n_epochs,
        made.hyperparameters.batch_size,
    ) == (1, "auto")
    assert made.method.supervised.hyperparameters.n_epochs == 1


def test_jobs_are_found_by_metadata(server, upload):
    """How a paid job is found again after a crash, whatever else was submitted."""
    jobs = server.client.fine_tuning.jobs
    made = [
        server.submit(training_file=upload, metadata={"f": f, "n": str(n)})
        for n, f in enumerate(["same", "same", "other"])
    ]
    for job in made:
        jobs.cancel(job.id)

    assert [made[1].id, made[0].id] == [j.id for j in jobs.list(metadata={"f": "same"})]
    assert [made[1].id] == [j.id for j in jobs.list(metadata={"f": "same", "n": "1"})]
    assert jobs.list(metadata={"f": "none"}).data == []


def test_jobs_are_listed_newest_first_page_by_page(server, upload):
    """A scan of recent jobs must see each once."""
    jobs = server.client.fine_tuning.jobs
    made = [server.submit(training_file=upload).id for _ in range(3)]
    for job_id in made:
        jobs.cancel(job_id)
    first = jobs.list(limit=2)

    assert [made[2], made[1]] == [job.id for job in first.data]
    assert first.has_more
    assert made[0] == jobs.list(after=made[1], limit=1).data[0].id


def test_a_job_that_waits_can_be_cancelled_once(server, upload):
    """The second time says that it is over."""
    jobs = server.client.fine_tuning.jobs
    made = server.submit(training_file=upload)
    cancelled = jobs.cancel(made.id)

    assert "cancelled" == cancelled.status == jobs.retrieve(made.id).status
    assert cancelled.finished_at is not None
    with pytest.raises(openai.BadRequestError, match="already completed"):
        jobs.cancel(made.id)
