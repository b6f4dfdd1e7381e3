"""CTranslate2's converter, with the model's layers rescaled for 8-bit integers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ctranslate2.converters import TransformersConverter
from transformers import AutoTokenizer

from suffice.local.smoothing import smooth


class SmoothingConverter(TransformersConverter):  # type: ignore[misc]  # has no types
    """Converts what a Hugging Face folder holds after `smooth`."""

    def load_model(self, model_class: Any, model_name_or_path: str, **more: Any) -> Any:
        """The model to convert."""
        model = super().load_model(model_class, model_name_or_path, **more)
        smooth(model, AutoTokenizer.from_pretrained(Path(model_name_or_path)))
        return model
