"""
The digest of a registered model's files.

It stands in the registry's database, the files in the artifact store: whoever can
write the one cannot make up the other.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

TAG = "files_sha256"
_ADDED_BY_MLFLOW = "registered_model_meta"
"""What MLflow puts beside the files when it hands them out."""


def digest(folder: Path) -> str:
    """64 hexadecimal digits that change with any name or byte under *folder*."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        if name == _ADDED_BY_MLFLOW:
            continue
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{len(name)}:{name} {content}\n".encode())
    return total.hexdigest()
