"""
How many tokens texts are, counted on this machine, and what a model may take.

The ranks of OpenAI's two encodings come with the package ``bpe-openai``; nothing is
downloaded.  A model's encoding is looked up by its exact name, never guessed from its
beginning.  For any other model the count is that of the newer encoding and a fifth
more, and is said to be an estimate.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from suffice.tuning.passes import hosted_epochs

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

SAMPLED = 1000
"""Texts that are counted where not all of them need to be."""
MORE_ELSEWHERE = 1.2
"""Tokens of a model whose encoding is not known, for each of `NEWER`; SmolLM2's
counts are 1.05 to 1.23 times as high on banking77, GSM8K, Snips, XQuAD and others."""
NEWER = "o200k_base"
_OLDER = "cl100k_base"
_ENCODING_OF = dict.fromkeys(
    (
        *("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano"),
        *("gpt-4.5-preview", "o1", "o1-mini", "o1-pro", "o3", "o3-mini", "o3-pro"),
        *("o4-mini", "gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-oss-20b"),
        "gpt-oss-120b",
    ),
    NEWER,
) | dict.fromkeys(("gpt-4", "gpt-4-turbo", "gpt-3.5-turbo"), _OLDER)
_TRAINING_TOKENS = {
    "gpt-4o": 65_536,
    "gpt-4o-mini": 65_536,
    "gpt-4.1": 65_536,
    "gpt-4.1-mini": 65_536,
    "gpt-4.1-nano": 65_536,
    "gpt-3.5-turbo": 16_385,
}
"""
Longest training example at OpenAI and Azure; more is cut off in silence.  From
https://platform.openai.com/docs/guides/supervised-fine-tuning, as quoted elsewhere.
"""


@dataclass(frozen=True, kw_only=True)
class TokenRules:
    """What the lengths of the examples are judged by; ``None`` is unknown."""

    model: str = ""
    """The model with the shortest context of those that are tried."""
    context_tokens: int | None = None
    """Most tokens of prompt and answer together."""
    instructions: str = ""
    """What stands before every question."""
    tunable: str | None = None
    """The model that may be tuned."""
    training_tokens: int | None = None
    """Longest example it may be trained on."""
    training_usd_per_mtok: float | None = None
    priced_by_time: bool = False
    """Whether training is paid by the hour or CPU-second, not by the token."""
    epochs_of: Callable[[int], int] = hosted_epochs
    """Passes of a training job over so many examples."""
    exact: bool = False
    """Whether every text is counted, in place of a sample."""


def training_limit(model: str) -> int | None:
    """Longest example that a hosted *model* may be trained on, as far as known."""
    return _TRAINING_TOKENS.get(plain_name(model))


def plain_name(model: str) -> str:
    """
    A model's name without provider, organisation and date.

    >>> plain_name("ft:gpt-4.1-mini-2025-04-14:corp:tickets:abc")
    'gpt-4.1-mini'
    >>> plain_name("azure/gpt-4o"), plain_name("together/openai/gpt-oss-20b")
    ('gpt-4o', 'gpt-oss-20b')
    """
    name = model.rpartition("/")[2].removeprefix("ft:").partition(":")[0]
    return re.sub(r"-\d{4}-\d{2}-\d{2}$|-\d{4}$", "", name)


def encoding_of(model: str) -> str | None:
    """
    The encoding of *model*; ``None`` where it is not known.

    >>> encoding_of("ft:gpt-4.1-mini:corp"), encoding_of("gpt-4-0613")
    ('o200k_base', 'cl100k_base')
    >>> encoding_of("smollm2-135m-instruct") is None
    True
    """
    return _ENCODING_OF.get(plain_name(model))


@lru_cache(maxsize=2)
def _encoder(name: str) -> Any:
    with warnings.catch_warnings():
        # It opens its own files in a way that Python 3.11 finds old.
        warnings.simplefilter("ignore", DeprecationWarning)
        import bpe_openai

        encoding = bpe_openai.get_encoding(name)
        encoding.encode_ordinary("a")
    return encoding


class TokenCounter:
    """Counts as *model* would, or nearly so."""

    def __init__(self, model: str) -> None:
        known = encoding_of(model)
        self.encoding = known or NEWER
        self.exact = known is not None
        self._factor = 1.0 if known else MORE_ELSEWHERE
        self._seen: dict[str, float] = {}

    def count(self, text: str) -> float:
        """Tokens of *text*, taken as plain text whatever it spells."""
        return self._factor * len(_encoder(self.encoding).encode_ordinary(text))

    def count_often(self, text: str) -> float:
        """The same for a text that many rows share; it is counted once."""
        if text not in self._seen:
            self._seen[text] = self.count(text)
        return self._seen[text]

    @property
    def name(self) -> str:
        """How the report calls the way of counting."""
        if self.exact:
            return self.encoding
        return f"{self.encoding}, and a fifth added for the model's own tokenizer"


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """Tokens of many texts."""

    each: Floats
    """Of each text: counted, or its bytes times the ratio of those counted."""
    error: float
    """Half the width of the 95 % interval of a total, as a share of it; 0: counted."""


def lengths(
    texts: Sequence[str],
    n_bytes: npt.NDArray[np.int64],
    counter: TokenCounter,
    *,
    seed: int,
    exact: bool = False,
) -> Lengths:
    """
    Tokens of *texts*, whose sizes are *n_bytes*: of a sample, or of all with *exact*.

    >>> import numpy as np
    >>> found = lengths(["a card", "my card"], np.array([6, 7]),
    ...                 TokenCounter("gpt-4o"), seed=1)
    >>> found.each.tolist(), found.error
    ([2.0, 2.0], 0.0)
    """
    import numpy as np

    if exact or len(texts) <= SAMPLED:
        counted = np.array([counter.count(t) for t in texts], dtype=np.float64)
        return Lengths(each=counted, error=0.0)
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(len(texts), SAMPLED, replace=False))
    counted = np.array([counter.count(texts[i]) for i in chosen.tolist()])
    sizes = n_bytes[chosen].astype(np.float64)
    if not sizes.sum():
        return Lengths(each=np.zeros(len(texts)), error=0.0)
    ratio = float(counted.sum() / sizes.sum())
    spread = float(np.std(counted - ratio * sizes, ddof=1))
    left = np.sqrt(1 - SAMPLED / len(texts))
    error = float(1.96 * spread * left / np.sqrt(SAMPLED) / counted.mean())
    each = n_bytes.astype(np.float64) * ratio
    each[chosen] = counted
    return Lengths(each=each, error=error)
