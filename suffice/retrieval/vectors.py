"""
Vectors of texts: packed into text to be stored, and searched by their angle.

Pure; where vectors come from is told in `suffice.measuring.embedder`.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from suffice.retrieval.bm25 import Hit, best

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]


def pack(vectors: Vectors) -> str:
    """Rows of 32-bit numbers as Base64; the caller knows how many rows."""
    import numpy as np

    return base64.b64encode(np.asarray(vectors, dtype="<f4").tobytes()).decode()


def unpack(text: str, n: int) -> Vectors:
    """The *n* rows that `pack` packed."""
    import numpy as np

    flat = np.frombuffer(base64.b64decode(text), dtype="<f4")
    return flat.reshape(n, -1).astype(np.float32)


def unit(vectors: Vectors) -> Vectors:
    """The same directions, each of length 1; a vector of length 0 stays."""
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = (vectors / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
    return scaled


def nearest(units: Vectors, question: Vectors, k: int) -> list[Hit]:
    """The *k* rows, each of length 1, nearest in direction to *question*."""
    # Cosines from 0 to 2, since only what is above 0 counts as found.
    return best(1 + units @ unit(question[None])[0], k)
