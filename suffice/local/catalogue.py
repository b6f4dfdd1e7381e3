"""Which models there are: the bases, and the tuned ones in their folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from suffice.local.api_error import ApiError
from suffice.local.model_store import ModelStore
from suffice.local.weights import BASES, Base, base_folder_apart


@dataclass(frozen=True)
class Catalogue:
    """The models under *root*; looks at the disk at every call."""

    root: Path

    def base_of(self, model: str) -> Base:
        """The base that *model* is or was tuned from; 404 when it is unknown."""
        if model in BASES:
            return BASES[model]
        tuned = ModelStore(self.root).get(model)
        if tuned is None or tuned.base not in BASES:
            raise unknown_model(model)
        return BASES[tuned.base]

    def ct2(self, model: str) -> Path:
        """The folder the engine loads; 404 when the model is unknown."""
        if model in BASES:
            return base_folder_apart(self.root, model) / "ct2"
        self.base_of(model)
        return ModelStore(self.root).ct2(model)


def unknown_model(model: str) -> ApiError:
    """OpenAI's answer to a model it does not have."""
    return ApiError(
        message=f"The model `{model}` does not exist or you do not have access to it.",
        status=404,
        param="model",
        code="model_not_found",
    )
