"""Servers to test against; the client is the unmodified openai SDK."""

import pytest
from local_training_kit import PAIRS, Server, training_file
from prepared_weights import linked


@pytest.fixture(scope="session")
def server(prepared, tmp_path_factory):
    """A server for all tests that leave it as it is."""
    root = tmp_path_factory.mktemp("server")
    linked(prepared, root)
    started = Server(root).start()
    yield started
    started.stop()


@pytest.fixture
def own_server(prepared, tmp_path):
    """A server for one test, which may kill it."""
    linked(prepared, tmp_path)
    started = Server(tmp_path).start()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def trained(server):
    """A job that ran to its end, and what it was given."""
    valid = server.upload(training_file(PAIRS[::3]), "valid.jsonl")
    job = server.submit(
        suffix="support desk",
        validation_file=valid.id,
        metadata={"fingerprint": "f1", "climb": "one"},
        hyperparameters={"n_epochs": 6, "batch_size": "auto", "first_layer": 10},
    )
    return server.wait(job)
