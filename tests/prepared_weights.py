"""The embedded model's weights for tests: made once per checkout, then linked."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import suffice.local
from suffice.local.weights import BASES, base_folder_apart, gguf_path

BASE = next(iter(BASES))
_LOCAL = Path(suffice.local.__file__).parent
_MAKERS = ("weights.py", "converter.py", "smoothing.py")


def installed() -> Path:
    """The file that they are made from; raises `EnvironmentFailed` where it is not."""
    return gguf_path(BASE)


def kept_name() -> str:
    """A folder's name that changes with the modules that make the weights."""
    made_by = b"".join((_LOCAL / name).read_bytes() for name in _MAKERS)
    return f"suffice-bases-{hashlib.sha256(made_by).hexdigest()[:12]}"


def made_in(kept: Path) -> Path:
    """The folder ``bases`` under *kept*, made at the first call; it takes a while."""
    base_folder_apart(kept, BASE)
    return kept / "bases"


def linked(prepared: Path, root: Path) -> None:
    """Put them where a server of *root* looks: links, for nobody writes into them."""
    for file in prepared.rglob("*"):
        if file.is_file():
            target = root / "bases" / file.relative_to(prepared)
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                target.hardlink_to(file)
            except OSError:
                # Another disk.
                shutil.copyfile(file, target)
