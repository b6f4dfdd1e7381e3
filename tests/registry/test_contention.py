"""Calls to MLflow that met another machine's."""

from __future__ import annotations

import pytest
from mlflow.exceptions import MlflowException

from suffice.registry.contention import yielding

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
        yielding(client).log_inputs("r")

    assert times - client.left == n_calls
