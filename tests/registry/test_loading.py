"""A champion is taken from the registry whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from climb_parts import FEW_SHOT
from registering import register

from suffice.errors import EnvironmentFailed, UnusableInput
from suffice.registry.loading import fetch, load


def stored(output: Path, name: str) -> Path:
    (found,) = (output / "mlartifacts").rglob(f"models/*/**/{name}")
    return found


def test_the_champion_comes_with_its_recipe_and_its_brief(registry, brief):
    """All that asking it takes, from any machine that reaches the registry."""
    register(registry, brief)
    found = load(registry, "support")

    assert ("support", "1") == (found.name, found.version)
    assert FEW_SHOT == found.recipe.candidate
    assert brief == found.brief


def test_a_climb_leads_to_what_it_registered(registry, brief):
    """Whoever compares climbs asks each one's own winner."""
    first, second = "support-00000000aa", "support-00000000bb"
    register(registry, brief, climb_id=first)
    register(registry, brief, climb_id=second)

    assert ["1", "2"] == [load(registry, id_).version for id_ in (first, second)]


@pytest.mark.parametrize("name", ["recipe.json", "champion_model.py", "MLmodel"])
def test_a_file_that_was_tampered_with_is_refused(name, registry, brief, output):
    """Who can write to the bucket must not be able to change what is answered."""
    register(registry, brief)
    path = stored(output, name)
    path.write_bytes(path.read_bytes() + b"\n")

    with pytest.raises(EnvironmentFailed, match="not those that were registered"):
        load(registry, "support")


def test_a_file_that_was_added_is_refused(registry, brief, output, tmp_path):
    """Python would import what lies beside the model's code."""
    register(registry, brief)
    stored(output, "recipe.json").with_name("sitecustomize.py").write_text("print(1)")

    with pytest.raises(EnvironmentFailed, match="delete the version"):
        fetch(registry, "support", tmp_path / "model")


def test_a_copy_to_serve_is_written_to_a_new_folder_only(registry, brief, tmp_path):
    """Files that lay there would be served beside it."""
    register(registry, brief)
    folder = fetch(registry, "support", tmp_path / "model")

    assert (folder / "MLmodel").exists()
    with pytest.raises(UnusableInput, match="not empty"):
        fetch(registry, "support", tmp_path / "model")


def test_a_name_without_a_model_is_a_sentence(registry):
    """Not a traceback of the store."""
    with pytest.raises(EnvironmentFailed, match="'nothing'"):
        load(registry, "nothing")


def test_a_pickle_in_a_models_place_is_not_read(registry, tmp_path, monkeypatch):
    """Reading one runs whatever it says; MLflow itself would."""
    import mlflow

    class Pickled(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input):
            return model_input

    assert registry.client
    with monkeypatch.context() as allowed:
        allowed.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true")
        mlflow.pyfunc.save_model(
            tmp_path / "model", python_model=Pickled(), pip_requirements=[]
        )
        assert mlflow.pyfunc.load_model(str(tmp_path / "model"))

    with pytest.raises(mlflow.exceptions.MlflowException, match=r"[Pp]ickle"):
        mlflow.pyfunc.load_model(str(tmp_path / "model"))
