"""What is sent to a provider: each file once, and what tells one job from another."""

from __future__ import annotations

from dataclasses import replace

import pytest
from jobs_imitation import JobsApi
from tuning_parts import TRAINING

from suffice.errors import EnvironmentFailed, TrainingUnavailable
from suffice.tuning.following import TuneSpec, TuningClient, submit


def test_the_same_file_is_uploaded_once(api, client, ledger, time):
    """Two jobs on one training file share its upload."""
    for base in ("tiny", "small"):
        spec = TuneSpec.of(TRAINING, None, base=base)
        submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock)

    assert (2, 1) == (len(api.jobs), api.n_sent("POST files"))


def test_an_upload_the_provider_has_lost_is_sent_again(api, client, ledger, time):
    """A file id in the ledger is only worth what the provider says about it now."""
    submit(
        TuneSpec.of(TRAINING, None, base="tiny"),
        TRAINING,
        client=client,
        ledger=ledger,
        clock=time.clock,
    )
    lost = api.files.pop("file-1")
    submit(
        TuneSpec.of(TRAINING, None, base="small"),
        TRAINING,
        client=client,
        ledger=ledger,
        clock=time.clock,
    )

    assert (2, lost["bytes"]) == (api.n_sent("POST files"), len(TRAINING))


@pytest.mark.parametrize(
    "changed",
    [
        {"training_sha256": "f" * 64},
        {"validation_sha256": "f" * 64},
        {"base": "big"},
        {"method": "full"},
        {"hyperparameters": {"n_epochs": 2}},
        {"hyperparameters": {"n_epochs": 1, "batch_size": 4}},
        {"seed": 8},
        {"endpoint_name": "api.openai.com"},
    ],
)
def test_whatever_makes_another_model_makes_another_job(changed):
    """Found under the same key, it would be taken for what was asked for."""
    spec = TuneSpec.of(TRAINING, None, base="tiny", hyperparameters={"n_epochs": 1})

    assert spec.key != replace(spec, **changed).key


def test_the_order_of_hyperparameters_and_the_models_name_make_no_other_job():
    """The same brief must find its job again, also under another name."""
    spec = TuneSpec.of(TRAINING, None, base="m", hyperparameters={"a": 1, "b": 2})
    same = replace(spec, hyperparameters={"b": 2, "a": 1}, suffix="other")

    assert spec.key == same.key


def test_files_that_are_not_those_of_the_spec_are_refused(client, ledger, spec):
    """Otherwise the fingerprint would promise what was not trained on."""
    with pytest.raises(EnvironmentFailed, match="changed"):
        submit(spec, TRAINING + b"{}\n", client=client, ledger=ledger)


def test_the_provider_gets_what_identifies_the_job(api, client, ledger, spec, time):
    """The key travels with the job; the extension only where it is understood."""
    submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock)
    job = api.jobs["ftjob-1"]

    assert {"suffice_key": spec.key, "suffice_generation": "0"} == job["metadata"]
    assert "support" == job["user_provided_suffix"]
    assert {"method": "lora"} == job["method"]["supervised"]["hyperparameters"]


def test_another_providers_job_carries_a_second_mark(api, ledger, time):
    """It may drop the metadata; it will not drop the model's name."""
    client = TuningClient(api.url, "sk-test")
    spec = TuneSpec.of(
        TRAINING, None, base="gpt", suffix="s" * 60, endpoint_name=client.name
    )
    submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock)
    client.close()
    job = api.jobs["ftjob-1"]

    assert f"{'s' * 40}-{spec.key[:8]}" == job["user_provided_suffix"]
    assert {} == job["method"]["supervised"]["hyperparameters"]


def test_a_method_another_provider_cannot_take_is_refused_before_sending(
    api: JobsApi, ledger, time
):
    """Dropping it silently would train, and bill, something else."""
    client = TuningClient(api.url, "sk-test")
    spec = TuneSpec.of(
        TRAINING, None, base="gpt", method="full", endpoint_name=client.name
    )
    with pytest.raises(TrainingUnavailable, match="'full'"):
        submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock)
    client.close()

    assert 0 == api.n_sent("POST jobs")
