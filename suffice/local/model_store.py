"""
Where tuned models lie on disk, and how one comes and goes in one step.

``<root>/models/<folder>/`` holds one tuned model, ``<folder>`` being its id with
every ``:`` written as ``--``::

    model.json    {"id": ..., "base": ..., "created": ..., "job": ...}
    adapter/      PEFT format, for vLLM and others (absent after full tuning)
    ct2/          merged, converted, ready for the engine

A folder appears and disappears by one rename, so what is listed is complete.
Names that start with a dot are unfinished or half deleted: nobody serves them.
This module neither trains nor loads a model.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class StoredModel:
    """One tuned model, as its ``model.json`` says."""

    id: str
    """``ft:<base>:local:<suffix>:<8 hex>``, as OpenAI names them."""
    base: str
    created: int
    """Unix time in seconds."""
    job: str
    """The fine-tuning job that made it."""


@dataclass(frozen=True)
class ModelStore:
    """The tuned models under *root*; reads the disk at every call."""

    root: Path

    def folder(self, model_id: str) -> Path:
        """
        Where the model of that id lies, whether or not it is there yet.

        >>> ModelStore(Path("r")).folder("ft:small:local:tickets:0a1b2c3d").name
        'ft--small--local--tickets--0a1b2c3d'
        """
        return self._models / model_id.replace(":", "--").replace("/", "--")

    def ct2(self, model_id: str) -> Path:
        """The folder the engine loads."""
        return self.folder(model_id) / "ct2"

    def list(self) -> list[StoredModel]:
        """Every complete model, oldest first."""
        if not self._models.is_dir():
            return []
        found = [
            _read(folder)
            for folder in self._models.iterdir()
            if not folder.name.startswith(".")
        ]
        complete = [model for model in found if model is not None]
        return sorted(complete, key=lambda model: (model.created, model.id))

    def get(self, model_id: str) -> StoredModel | None:
        """The model of that id; None where there is none."""
        model = _read(self.folder(model_id))
        return model if model is not None and model.id == model_id else None

    def staging(self, model_id: str) -> Path:
        """An empty folder to build a model in, unseen until `add`."""
        prefix = f".building.{self.folder(model_id).name}."
        # Only whoever holds the training lock builds: others' remains are dead.
        for remains in self._models.glob(f"{prefix}*"):
            shutil.rmtree(remains, ignore_errors=True)
        folder = self._models / f"{prefix}{os.getpid()}"
        folder.mkdir(parents=True)
        return folder

    def add(self, model: StoredModel, built: Path) -> None:
        """Publish what was *built* in a staging folder; a model of that id yields."""
        with (built / "model.json").open("w", encoding="utf-8") as file:
            json.dump(asdict(model), file)
            file.flush()
            os.fsync(file.fileno())
        self.delete(model.id)
        built.rename(self.folder(model.id))

    def delete(self, model_id: str) -> bool:
        """Remove the model of that id; False where there was none."""
        doomed = self._models / f".deleted.{self.folder(model_id).name}.{os.getpid()}"
        shutil.rmtree(doomed, ignore_errors=True)
        try:
            self.folder(model_id).rename(doomed)
        except FileNotFoundError:
            return False
        shutil.rmtree(doomed, ignore_errors=True)
        return True

    @property
    def _models(self) -> Path:
        return self.root / "models"


def _read(folder: Path) -> StoredModel | None:
    try:
        fields = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        return StoredModel(**{k: fields[k] for k in ("id", "base", "created", "job")})
    except (OSError, ValueError, KeyError):
        return None
