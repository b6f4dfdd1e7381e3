"""A champion that retrieves carries what it searches, and answers as measured."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

import pytest
from rung_endpoint import copies_the_nearest

from suffice.candidates import Candidate, Retrieval
from suffice.errors import EnvironmentFailed
from suffice.measuring.embedder import Embedder
from suffice.registry.recipe import Recipe, Server
from suffice.retrieval.finding import with_vectors
from suffice.retrieval.pools import Pool
from suffice.stages import conclusions
from suffice.stages.climb import kept_candidate
from suffice.stages.connect import connect
from suffice.stages.measurements import measure_rung

PREDICT = """
import json, sys
import mlflow
model = mlflow.pyfunc.load_model("models:/orders@champion")
print(json.dumps(list(model.predict(json.loads(sys.argv[1])))))
"""


def test_it_answers_in_a_fresh_process_from_its_own_pool(serve, climb_of, tmp_path):
    """No file of the climb and no network but the endpoint: the model is moved."""
    endpoint = serve(copies_the_nearest)
    rung = "retrieved-few-shot"
    climb = climb_of(endpoint, rungs=(rung,), embedder="embed")
    measured = measure_rung(climb, rung, "m")
    conclusions.register(climb, conclusions.decide(climb, [measured]))
    (climb.folder / "split.json").unlink()
    measuring = endpoint.asked["chat"][-1]
    store = f"sqlite:///{tmp_path / 'out' / 'mlflow.db'}"

    asked = ["I would like the 7000 kite please", "Send me 7001 pieces of the cup"]
    done = subprocess.run(
        [sys.executable, "-c", PREDICT, json.dumps(asked)],
        env={**os.environ, "MLFLOW_TRACKING_URI": store},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == done.returncode, done.stderr
    assert ["K-kite", "K-cup"] == json.loads(done.stdout.splitlines()[-1])
    assert measuring["messages"][0] == endpoint.asked["chat"][-1]["messages"][0]
    k = kept_candidate(climb, measured.candidate_key).retrieval.k
    assert 2 * k + 2 == len(endpoint.asked["chat"][-1]["messages"])


def test_vectors_travel_with_it_and_only_the_question_is_embedded(serve, climb_of):
    """Embedding the pool anew at every start would cost, and might differ."""
    endpoint = serve(copies_the_nearest)
    climb = climb_of(endpoint)
    embedder = Embedder("embed", connect(climb.brief), endpoint_name="e")
    pool = asyncio.run(with_vectors(Pool(examples=climb.split.train), embedder))
    how = Retrieval(
        what="examples",
        by="embeddings",
        k=1,
        pool=pool.digest,
        room_tokens=900,
        embedding_model="embed",
    )
    candidate = Candidate(rung="retrieved-few-shot", name="c", model="m", retrieval=how)
    recipe = Recipe.of(climb.brief, candidate, (), pool)
    endpoint.asked["embed"].clear()

    server = Server(Recipe.from_json(recipe.to_json()))
    answers = server.answer(["Send me 7001 pieces of the cup by post today"])
    server.close()

    assert ["K-cup"] == answers
    assert [1] == [len(asked["input"]) for asked in endpoint.asked["embed"]]


def test_without_its_pool_it_is_not_registered(serve, climb_of):
    """It would fail at its first question in production."""
    how = Retrieval(what="examples", by="bm25", k=1, pool="x", room_tokens=9)
    candidate = Candidate(rung="retrieved-few-shot", name="c", model="m", retrieval=how)

    with pytest.raises(EnvironmentFailed, match="retrieves from"):
        Recipe.of(climb_of(serve(copies_the_nearest)).brief, candidate, ())
