"""
The registered model as MLflow runs it (models from code): a recipe that answers.

MLflow copies this file into the model and executes it when the model is loaded.
"""

import logging
from pathlib import Path
from typing import Any

import mlflow
from mlflow.pyfunc.model import PythonModel

from suffice.registry.recipe import Recipe, Server

# MLflow would warn that it does not look inside the union below; the recipe does.
logging.getLogger("mlflow.types.type_hints").setLevel(logging.ERROR)


class Champion(PythonModel):
    """Answers questions, or chats that end with one."""

    def load_context(self, context: Any) -> None:
        """Read the recipe; nothing is called or started yet."""
        text = Path(context.artifacts["recipe"]).read_text(encoding="utf-8")
        self._server = Server(Recipe.from_json(text))

    # MLflow passes the context only to a method that has a parameter for it, and
    # takes the model's signature from these types.
    def predict(  # type: ignore[override]
        self, model_input: list[str | list[dict[str, str]]], params: Any = None
    ) -> list[str]:
        """One answer for each question, as the candidate was measured."""
        return self._server.answer(model_input)


mlflow.models.set_model(Champion())
