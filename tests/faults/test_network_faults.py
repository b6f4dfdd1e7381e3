"""
Whatever network and endpoint do to any request: one job, followed to its model.

``SUFFICE_CASES`` sets how many cases are tried, ``SUFFICE_SEED`` which;
``python -m benchmarks.reliability network --release`` tries all of them.
"""

from __future__ import annotations

import contextlib
import os
import random

import openai
import pytest
from chaos_proxy import Toxic
from jobs_imitation import JobsApi
from network_cases import AFTER_ACCEPTANCE, TIMEOUT_S, all_cases
from network_trials import Network, run_cases
from tally import MET

CASES = int(os.environ.get("SUFFICE_CASES", "300"))


@pytest.fixture(autouse=True)
def _no_certificates(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """Nothing is encrypted here, and reading certificates takes longer than a case."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_whatever_the_network_does_there_is_one_job_and_its_model(seed):
    """Answers are lost daily, somewhere; each may hide a job that is being billed."""
    cases = random.Random(seed).sample(list(all_cases()), CASES)
    tally = run_cases(cases)
    print(f"seed {seed}: {tally}")  # noqa: T201

    assert ([], CASES) == (tally.found, tally.tried)
    assert tally.by_name[MET] > 0.9 * tally.tried


@pytest.mark.parametrize("fault", AFTER_ACCEPTANCE)
def test_the_sdk_as_it_comes_pays_again_for_each_lost_answer(fault):
    """The mutant: were the faults harmless, the test above would prove nothing."""
    api = JobsApi()
    api.faults["POST jobs"] = [fault] * 2
    # Its caller, not the SDK, asks again after half an answer.
    n_runs = 2 if fault == "cut" else 1
    with openai.OpenAI(base_url=api.url, api_key="none", timeout=TIMEOUT_S) as naive:
        for _ in range(n_runs):
            with contextlib.suppress(openai.APIError, ValueError):
                naive.fine_tuning.jobs.create(model="tiny", training_file="file-1")
    api.close()

    assert len(api.jobs) > 1


@pytest.mark.parametrize("kind", ["timeout", "reset_peer", "limit_data", "latency"])
def test_the_sdk_as_it_comes_pays_again_behind_the_proxy(kind):
    """The same for what is done to bytes, not to answers."""
    network = Network()
    cases = [c for c in all_cases() if c.name == kind and c.route == "POST jobs"]
    answers = [c for c in cases if isinstance(c.fault, Toxic)]
    case = max(
        (c for c in answers if c.times == 2 and c.fault.toward == "client"),
        key=lambda c: c.fault.amount,
    )
    network.play(case)
    url = network.proxy.url
    with openai.OpenAI(base_url=url, api_key="none", timeout=TIMEOUT_S) as naive:
        for _ in range(2):
            with contextlib.suppress(openai.APIError, ValueError):
                naive.fine_tuning.jobs.create(model="tiny", training_file="file-1")
    network.settle()
    network.close()

    assert len(network.api.jobs) > 2
