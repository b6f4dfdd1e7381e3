"""
The registered model as MLflow runs it (models from code): a recipe that answers.

MLflow copies this file into the model and executes it when the model is loaded.
"""

import logging
from pathlib import Path
from typing import Any

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import (
    INVALID_PARAMETER_VALUE,
    TEMPORARILY_UNAVAILABLE,
)
from mlflow.pyfunc.model import PythonModel

from suffice.errors import CallFailed, UnusableInput
from suffice.registry import shapes
from suffice.registry.recipe import Recipe, Server

# MLflow would warn that it does not look inside the union below; the recipe does.
logging.getLogger("mlflow.types.type_hints").setLevel(logging.ERROR)


class Champion(PythonModel):
    """Answers questions, chats that end with one, and OpenAI's requests."""

    # MLflow's own agents have this too: it would refuse requests, which are no lists.
    _skip_type_hint_validation = True

    def load_context(self, context: Any) -> None:
        """Read the recipe; nothing is called or started yet."""
        text = Path(context.artifacts["recipe"]).read_text(encoding="utf-8")
        self._server = Server(Recipe.from_json(text))

    # MLflow passes the context only to a method that has a parameter for it, and
    # takes the model's signature from these types.
    def predict(  # type: ignore[override]
        self, model_input: list[str | list[dict[str, str]]], params: Any = None
    ) -> list[str]:
        """Answers as the candidate was measured, in the shape they were asked in."""
        try:
            given = shapes.read(model_input)
            turns = self._server.turns(given.asked, given.tools)
        except UnusableInput as error:
            raise MlflowException(str(error), INVALID_PARAMETER_VALUE) from error
        except CallFailed as error:
            raise MlflowException(str(error), TEMPORARILY_UNAVAILABLE) from error
        if given.shape == "answers":
            return [turn.answer for turn in turns]
        return shapes.body(given, turns[0])  # type: ignore[return-value]


mlflow.models.set_model(Champion())
