"""The winner in the registry answers, in a process that knows nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from chat_stub import ChatStub
from climb_parts import FEW_SHOT, FLOOR, split
from registering import register

from suffice.brief import Brief
from suffice.errors import EnvironmentFailed
from suffice.registry.record import Registry

PREDICT = """
import json, sys
import mlflow
import pandas as pd
model = mlflow.pyfunc.load_model("models:/support@champion")
inputs = [
    pd.DataFrame(given) if isinstance(given, dict) else given
    for given in json.loads(sys.argv[1])
]
print(json.dumps([list(model.predict(given)) for given in inputs]))
"""


def predict_elsewhere(registry: Registry, inputs: list[object]) -> list[list[str]]:
    """Load the champion by its alias in a fresh process and ask it *inputs*."""
    env = {**os.environ, "MLFLOW_TRACKING_URI": registry.tracking_uri}
    done = subprocess.run(
        [sys.executable, "-c", PREDICT, json.dumps(inputs)],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[list[str]] = json.loads(done.stdout.splitlines()[-1])
    return answers


def test_the_champion_answers_in_a_fresh_process(
    registry: Registry, brief: Brief, chat: ChatStub
):
    """What production loads must do exactly what was measured."""
    register(registry, brief)
    chats = [[{"role": "user", "content": "Two"}]]
    frame = {"question": ["Four"]}
    answers = predict_elsewhere(registry, [["One", "Three"], chats, frame])

    assert [
        ['{"echo": "One"}', '{"echo": "Three"}'],
        ['{"echo": "Two"}'],
        ['{"echo": "Four"}'],
    ] == answers
    assert FEW_SHOT.prompt(split().test[0])[:-1] == chat.asked[0]["messages"][:-1]


def test_a_floor_that_won_answers_without_any_model(registry, brief, chat):
    """A verdict may be that no language model is needed."""
    register(registry, brief, FLOOR)

    assert [["yes", "yes"]] == predict_elsewhere(registry, [["One", "Two"]])
    assert [] == chat.asked


def test_registering_again_gives_the_same_version(registry, brief):
    """The climb that runs again every night must not make a version every night."""
    versions = [
        register(registry, brief),
        register(registry, brief),
        register(registry, brief, climb_id="support-2"),
    ]

    assert ["support/1", "support/1", "support/2"] == versions
    assert "2" == registry.champion("support").version


def test_the_version_says_what_it_is_and_until_when(registry, brief):
    """Whoever finds it in the registry needs no other source."""
    register(registry, brief)
    tags = registry.champion("support").tags

    expected = {
        "climb_id": "support-1",
        "candidate_key": FEW_SHOT.key,
        "data_fingerprint": "f" * 64,
        "rung": "few-shot",
        "model": "tiny",
        "base": "tiny",
        "quality": "0.9000",
        "quality_low": "0.8000",
        "quality_high": "0.9500",
        "usd_per_1k_requests": "0.2",
        "prices_on": "2026-11-20",
        "shutdown_on": "2027-01-14",
    }
    assert expected == {name: tags.get(name) for name in expected}


def test_a_candidate_that_has_not_passed_is_a_challenger(registry, brief):
    """The alias that production loads is for what was proved."""
    register(registry, brief, ruling="inconclusive")

    assert "1" == registry.champion("support", "challenger").version
    with pytest.raises(EnvironmentFailed, match="'champion'"):
        registry.champion("support")


def test_the_registered_model_holds_no_key_and_no_pickle(
    registry, brief, output: Path, monkeypatch
):
    """A registry is read by many, and unpickling runs what it reads."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-1234")
    register(registry, brief)
    written = [path for path in output.rglob("*") if path.is_file()]

    assert [] == [p for p in written if p.suffix in (".pkl", ".pickle")]
    assert [] == [p for p in written if b"sk-canary-1234" in p.read_bytes()]


def test_the_prompt_carries_the_same_alias(registry, brief):
    """So that the prompt alone can be loaded too."""
    register(registry, brief)
    prompt = registry.client.load_prompt("prompts:/support.prompt@champion")

    assert {"candidate_key": FEW_SHOT.key, "rung": "few-shot"} == prompt.tags
