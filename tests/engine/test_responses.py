"""What has been paid for is never paid for again."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from engine_fakes import ANSWER

from suffice.errors import EnvironmentFailed
from suffice.measuring.holdings import holdings, prune
from suffice.measuring.responses import ResponseStore, response_key

KEY = response_key("e", {"model": "m", "messages": []})

WRITER = """
import sys
from pathlib import Path
from suffice.measuring.responses import ResponseStore, response_key
from suffice.results import Completion
path, name = Path(sys.argv[1]), sys.argv[2]
store = ResponseStore(path)
for i in range(100):
    answer = Completion(text=f"{name} {i}", model=name, finish_reason="stop",
                        input_tokens=1, latency_s=0.1)
    store.put(response_key(name, {"i": i}), answer)
    assert store.get(response_key(name, {"i": i})).text == f"{name} {i}"
"""


def n_by_model(store):
    """How many answers of each model are held."""
    return {model: held.n for model, held in holdings(store).by_model.items()}


def test_an_answer_comes_back_marked_as_reused(tmp_path):
    """A reused answer costs nothing, and reports must be able to say so."""
    with ResponseStore(tmp_path / "responses.db") as store:
        store.put(KEY, ANSWER)

        assert replace(ANSWER, reused=True) == store.get(KEY)


def test_an_answer_outlives_the_process(tmp_path):
    """Killed and started again, a climb goes on where it was."""
    with ResponseStore(tmp_path / "responses.db") as store:
        store.put(KEY, ANSWER)
    with ResponseStore(tmp_path / "responses.db") as again:
        assert replace(ANSWER, reused=True) == again.get(KEY)


def test_the_key_changes_with_whatever_changes_an_answer():
    """A stored answer to another question is a wrong answer."""
    request = {"model": "m", "messages": [{"role": "user", "content": "a"}]}
    keys = {
        response_key("e", request),
        response_key("other endpoint", request),
        response_key("e", request, draw=1),
        response_key("e", {**request, "temperature": 0}),
        response_key("e", {**request, "model": "n"}),
    }

    assert len(keys) == 5


def test_the_key_does_not_depend_on_the_order_of_keys():
    """The same request, built by another version of the program, is the same."""
    ordered, reversed_ = {"a": 1, "b": 2}, {"b": 2, "a": 1}

    assert response_key("e", ordered) == response_key("e", reversed_)


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE responses SET body = x'7b7d'",
        "UPDATE responses SET body = substr(body, 1, 20)",
        "UPDATE responses SET crc = crc + 1",
        "UPDATE responses SET body = 'text'",
    ],
)
def test_a_corrupt_row_is_a_miss(tmp_path, harm):
    """One bad sector costs one call, not the climb."""
    path = tmp_path / "responses.db"
    with ResponseStore(path) as store:
        store.put(KEY, ANSWER)
    with sqlite3.connect(path) as db:
        db.execute(harm)
    db.close()

    with ResponseStore(path) as store:
        assert store.get(KEY) is None


def test_a_file_that_is_no_store_says_what_to_do(tmp_path):
    """One sentence with the path and the remedy, and the file is left as it is."""
    path = tmp_path / "responses.db"
    path.write_text("this is no database " * 100)

    with pytest.raises(EnvironmentFailed, match="move the file away"):
        ResponseStore(path)

    assert path.read_text().startswith("this is no database")


def test_processes_share_the_store(tmp_path):
    """Wide evaluation writes from many processes; none may lose a row or stop."""
    path = tmp_path / "responses.db"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name])
        for name in ("a", "b", "c")
    ]

    assert [w.wait() for w in writers] == [0, 0, 0]
    with ResponseStore(path) as store:
        assert n_by_model(store) == {"a": 100, "b": 100, "c": 100}


def test_threads_share_the_store(tmp_path):
    """Rungs measured side by side use one store."""
    with ResponseStore(tmp_path / "responses.db") as store:

        def write(name: str) -> None:
            for i in range(50):
                store.put(response_key(name, {"i": i}), ANSWER)

        threads = [threading.Thread(target=write, args=(n,)) for n in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert holdings(store).all.n == 200


def test_killed_while_writing_leaves_whole_rows(tmp_path):
    """kill -9 at any moment: what is there can be read, and the file opens."""
    path = Path(tmp_path / "responses.db")
    endless = WRITER.replace("range(100)", "range(10**9)").replace(
        "assert", "print(i, flush=True); assert"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", endless, str(path), "a"], stdout=subprocess.PIPE
    )
    assert writer.stdout is not None
    told = [writer.stdout.readline() for _ in range(20)]
    writer.kill()
    writer.communicate()

    with ResponseStore(path) as store:
        found = [store.get(response_key("a", {"i": i})) for i in range(len(told))]
        assert [f"a {i}" for i in range(20)] == [f.text for f in found if f]


def test_pruning_forgets_what_it_was_told_to(tmp_path):
    """Answers of a model that is gone are of no use."""
    with ResponseStore(tmp_path / "responses.db") as store:
        store.put(KEY, ANSWER)
        store.put(response_key("e", {}), replace(ANSWER, model="n"))

        assert prune(store, model="n").n == 1
        assert n_by_model(store) == {"m": 1}
        assert prune(store, before=holdings(store).oldest_at + 1).n == 1
        assert holdings(store).all.n == 0
