"""
The models in memory: loaded when first asked for, the least used one dropped.

Also keeps count of the beginnings of prompts that CTranslate2 has kept, because
CTranslate2 itself never forgets one: a model is loaded afresh (0.2 s) before they
take too much memory.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ctranslate2

from suffice.local.tokens import Tokens

MAX_MODELS = 2
# About 0.15 MB a token were measured.
MAX_KEPT_TOKENS = 1536


@dataclass(kw_only=True)
class Loaded:
    """A model ready to answer."""

    folder: Path
    generator: Any
    tokens: Tokens
    stamp: tuple[int, int]
    """Inode and time of the model file: another one means it was made again."""
    kept: set[tuple[int, ...]] = field(default_factory=set)
    """Beginnings of prompts whose state is in memory."""


class Shelf:
    """Models by id; used by one thread only."""

    def __init__(self) -> None:
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()

    def names(self) -> list[str]:
        """Ids of the models in memory, the least used one first."""
        return list(self._loaded)

    def take(self, model: str, folder: Path) -> Loaded:
        """The model of that id, loaded from *folder* unless it is here."""
        loaded = self._loaded.get(model)
        if loaded is None or loaded.stamp != _stamp(folder):
            loaded = Loaded(
                folder=folder,
                generator=self._load(folder),
                tokens=Tokens(folder),
                stamp=_stamp(folder),
            )
            self._loaded[model] = loaded
        self._loaded.move_to_end(model)
        while len(self._loaded) > MAX_MODELS:
            self._loaded.popitem(last=False)
        return loaded

    def drop(self, models: Iterable[str]) -> None:
        """Forget those models, if they are here."""
        for model in models:
            self._loaded.pop(model, None)

    def make_room(self, loaded: Loaded, prefix: tuple[int, ...]) -> None:
        """See to it that *prefix* can be kept within the limit."""
        if prefix in loaded.kept:
            return
        if sum(map(len, loaded.kept)) + len(prefix) > MAX_KEPT_TOKENS:
            self.refresh(loaded)

    def has_kept(self, model: str, prefix: tuple[int, ...]) -> bool:
        """Whether the state of that beginning is in memory."""
        loaded = self._loaded.get(model)
        return loaded is not None and prefix in loaded.kept

    def refresh(self, loaded: Loaded) -> None:
        """Load the model again, with nothing kept and its random numbers reset."""
        loaded.generator = self._load(loaded.folder)
        loaded.kept.clear()

    def _load(self, folder: Path) -> Any:
        return ctranslate2.Generator(
            str(folder),
            device="cpu",
            compute_type="int8",
            inter_threads=1,
            # Threads meet many times a token, and wait there for longer than a
            # small model computes (`benchmarks.serving_speed`).
            intra_threads=1,
        )


def _stamp(folder: Path) -> tuple[int, int]:
    stat = (folder / "model.bin").stat()
    return stat.st_ino, stat.st_mtime_ns
