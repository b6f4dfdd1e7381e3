"""Servers to test against; the client is the unmodified openai SDK."""

import os
import shutil

import pytest
from local_training_kit import BASE, PAIRS, Server, training_file

from suffice.local.weights import base_folder_apart


@pytest.fixture(scope="session")
def bases(tmp_path_factory):
    """The prepared weights, made once for all roots."""
    root = tmp_path_factory.mktemp("weights")
    base_folder_apart(root, BASE)
    return root / "bases"


@pytest.fixture(scope="session")
def server(bases, tmp_path_factory):
    """A server for all tests that leave it as it is."""
    root = tmp_path_factory.mktemp("server")
    shutil.copytree(bases, root / "bases", copy_function=os.link)
    started = Server(root).start()
    yield started
    started.stop()


@pytest.fixture
def own_server(bases, tmp_path):
    """A server for one test, which may kill it."""
    shutil.copytree(bases, tmp_path / "bases", copy_function=os.link)
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
