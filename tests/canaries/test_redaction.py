"""What is told to people and logs carries no secret, and is otherwise left alone."""

from __future__ import annotations

import logging
import pickle

import pytest
from canary_forms import planted

from suffice.errors import CallFailed, TrainingFailed
from suffice.redaction import guard_logs, redacted

FORMS = planted("redaction")


@pytest.fixture
def guarded():
    """The guard, taken away again afterwards."""
    before = logging.getLogRecordFactory()
    guard_logs()
    yield
    logging.setLogRecordFactory(before)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_left_out_of_an_error(form):
    """Errors end in journals, ledgers, reports and the Prefect server."""
    told = str(TrainingFailed(f"the provider said {FORMS[form].text}"))

    assert FORMS[form].needle not in told
    assert told.startswith("the provider said ")


def test_the_value_of_a_variable_is_known_whatever_its_form():
    """Keys of a server of one's own look like anything."""
    told = redacted("no such key: plain-words-key", {"VLLM_API_KEY": "plain-words-key"})

    assert "no such key: [VLLM_API_KEY]" == told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SSH_AUTH_SOCK", "/run/agent.sock"),
        ("TOKEN", "short"),
        ("LANG", "a-language"),
        ("GIT_AUTHOR_NAME", "Ann Other"),
        ("OPENAI_API_KEY", "embedded"),
    ],
)
def test_paths_short_words_and_other_variables_stay(name, value):
    """A log in which every other word is hidden helps nobody."""
    assert f"see {value}" == redacted(f"see {value}", {name: value})


def test_a_log_line_and_its_traceback_are_guarded(guarded, caplog):
    """A package that repeats a key is not ours to change."""
    secret = FORMS["OpenAI sk-proj-"]
    formatter = logging.Formatter("%(message)s")
    try:
        raise ValueError(f"provider: {secret.text}")
    except ValueError:
        logging.getLogger("some.package").exception("sent %s", secret.text)
    told = "".join(formatter.format(record) for record in caplog.records)

    assert secret.needle not in told
    assert "Traceback" in told


def test_a_line_without_secrets_keeps_its_arguments(guarded, caplog):
    """Formatters of access logs read them one by one."""
    logging.getLogger("some.package").warning("%s %s", "GET", "/health")

    assert ("GET", "/health") == caplog.records[0].args


def test_an_error_survives_the_way_between_processes():
    """Prefect pickles exceptions; what they were made of must come through."""
    error = pickle.loads(pickle.dumps(CallFailed("no answer")))

    assert "no answer" == str(error)
