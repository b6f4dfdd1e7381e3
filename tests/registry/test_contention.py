"""Calls to MLflow that met another machine's."""

from __future__ import annotations

import socket

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from suffice.errors import EnvironmentFailed
from suffice.registry.contention import made, yielding
from suffice.registry.store import open_client

BEATEN = "(sqlite3.IntegrityError) UNIQUE constraint failed: datasets.name"


class Contended:
    """A client that another machine is quicker than, so many times."""

    def __init__(self, said: str, times: int) -> None:
        self.said = said
        self.left = times

    def log_inputs(self, run_id: str) -> str:
        self.left -= 1
        if self.left >= 0:
            raise MlflowException(self.said)
        return f"inputs of {run_id}"


def test_who_was_beaten_to_a_row_calls_again():
    """Found by eight machines at once: one of them ended with a traceback."""
    client = Contended(BEATEN, times=2)

    assert "inputs of r" == yielding(client).log_inputs(run_id="r")


@pytest.mark.parametrize(
    ("said", "times", "n_calls"), [("no such run", 1, 1), (BEATEN, 99, 8)]
)
def test_any_other_fault_and_one_that_stays_are_raised(said, times, n_calls):
    """A fault that is asked away for ever is never told."""
    client = Contended(said, times)
    with pytest.raises(MlflowException, match=said.split()[-1]):
        made(client.log_inputs, "r")

    assert times - client.left == n_calls


def test_a_server_that_is_gone_in_the_middle_is_a_sentence(monkeypatch):
    """Found by killing the store of its artifacts: the climb ended in a traceback."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # And does not listen.
        at = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    client = yielding(MlflowClient(tracking_uri=at))

    with pytest.raises(
        EnvironmentFailed, match=rf"MLflow at {at} failed: .*API request"
    ):
        client.get_run("r")


def test_what_was_asked_wrongly_stays_what_mlflow_says(tmp_path):
    """Whoever looks for what may not be there asks by its code."""
    client = open_client(f"sqlite:///{tmp_path}/mlflow.db", tmp_path)

    with pytest.raises(MlflowException) as raised:
        client.get_run("r")

    assert "RESOURCE_DOES_NOT_EXIST" == raised.value.error_code
