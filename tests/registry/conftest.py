from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_stub import ChatStub
from climb_parts import FLOOR
from registering import register

from suffice.brief import Brief, Endpoint, Models
from suffice.registry.record import Registry


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with its tables made, which takes a second or more."""
    output = tmp_path_factory.mktemp("store")
    registry = Registry(output)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        assert registry.default_store == registry.tracking_uri
        registry.prepare()
    return output / "mlflow.db"


@pytest.fixture
def output(tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return tmp_path


@pytest.fixture
def registry(output: Path) -> Registry:
    return Registry(output)


@pytest.fixture
def chat() -> Iterator[ChatStub]:
    stub = ChatStub()
    yield stub
    stub.close()


@pytest.fixture
def brief(output: Path, chat: ChatStub) -> Brief:
    return Brief(
        name="support",
        instructions="Echo as JSON.",
        examples="train.jsonl",
        models=Models(endpoint=Endpoint(base_url=chat.url), base=("tiny",)),
        output=str(output),
    )


@pytest.fixture(scope="module")
def chat_of_module() -> Iterator[ChatStub]:
    stub = ChatStub()
    yield stub
    stub.close()


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory,
    empty_store: Path,
    chat_of_module: ChatStub,
) -> Iterator[tuple[Registry, Brief]]:
    """A registry with a champion that prompts and a floor that is its challenger."""
    output = tmp_path_factory.mktemp("served")
    shutil.copy(empty_store, output / "mlflow.db")
    registry = Registry(output)
    brief = Brief(
        name="support",
        instructions="Echo as JSON.",
        examples="train.jsonl",
        models=Models(endpoint=Endpoint(base_url=chat_of_module.url), base=("tiny",)),
        output=str(output),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        register(registry, brief)
        register(registry, brief, FLOOR, "support-2", ruling="inconclusive")
        yield registry, brief
