"""One real Prefect server for the whole session; nothing of the user's is touched."""

import gc
import os
import signal
import tempfile
from pathlib import Path

import postgres_server
import prepared_weights
import pytest

from suffice.errors import EnvironmentFailed
from suffice.services import known, servers

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background by a shell, it would hand on that Ctrl-C is ignored,
    # and what stops by Ctrl-C would never stop.
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Large libraries are loaded while tests are collected, and little of them is garbage.
gc.set_threshold(50_000, 20, 100)

SLOW = (
    "test_climb",
    "test_learning_curve_flow",
    "test_kills",
    "test_preference_jobs",
    "test_io_faults",
    "test_up",
    "test_handing_over",
    "test_approval",
    "test_docs",
    "test_interleavings",
    "test_network_faults",
    "test_recovery",
    "test_ledger_budget",
    "test_backend_faults",
    "test_crashes",
    "test_batches_api",
)
"""Slowest first: who begins them last waits for them alone."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Files that share what is slow to make go to one worker, which makes it once."""
    if config.getoption("dist") != "loadfile":
        return None
    from together import Together

    return Together(config, log)


def pytest_collection_modifyitems(items):
    """Files that take minutes begin first; the order within a file stays."""
    order = {name: n for n, name in enumerate(SLOW)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


def pytest_runtest_teardown():
    """MLflow leaves its store's address behind; the next test has its own."""
    os.environ.pop("MLFLOW_TRACKING_URI", None)


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory):
    """Address of a Prefect server of our own, stopped at the end."""
    service = known.prefect_service(tmp_path_factory.mktemp("prefect"), port=0)
    url = servers.ensure(service)
    yield url
    servers.stop(service)


@pytest.fixture(scope="session")
def prefect_env(prefect_server, tmp_path_factory):
    """Environment of a process that reports to that server."""
    home = str(tmp_path_factory.mktemp("prefect-client"))
    api = {"PREFECT_API_URL": f"{prefect_server}/api", "PREFECT_HOME": home}
    # Ten seconds by default, which every started run would wait for.
    looks = dict.fromkeys(
        ("PREFECT_RUNNER_POLL_FREQUENCY", "PREFECT_WORKER_QUERY_SECONDS"), "1"
    )
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    return {**clean, **api, **looks}


@pytest.fixture(scope="session")
def prepared(request, tmp_path_factory):
    """
    Folder with the embedded model's weights as it is trained and as it is served.

    Made by the first worker and kept between test sessions: it takes half a minute,
    and depends on three modules alone.
    """
    try:
        prepared_weights.installed()
    except EnvironmentFailed as missing:
        pytest.skip(str(missing))
    # There is none under -p no:cacheprovider.
    cache = getattr(request.config, "cache", None)
    keep = tmp_path_factory.mktemp if cache is None else cache.mkdir
    return prepared_weights.made_in(Path(keep(prepared_weights.kept_name())))


@pytest.fixture(scope="session")
def postgres():
    """URL of a PostgreSQL server of our own, stopped at the end."""
    pytest.importorskip("psycopg", reason="the client psycopg is not installed")
    if postgres_server.programs() is None:
        pytest.skip("PostgreSQL is not installed here")
    # Not under pytest's folder: the path of a socket may have 107 characters.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with postgres_server.server(Path(folder) / "pg") as url:
            yield url


@pytest.fixture
def quick_path():
    """Of a database whose races are looked at, not whether it outlives the machine."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield str(Path(folder) / "ledger.db")
