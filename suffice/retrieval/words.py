"""
Words of texts as numbers, many texts at a time.

A word is a run of letters and digits of any script, in lower case; scripts that are
written without spaces (Han, Kana, Thai) give one word a character.  No word list, no
stemming: what is found does not depend on the language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Ints = npt.NDArray[np.int32]

_BETWEEN = r"[^\p{L}\p{N}\p{M}]+"
_UNSPACED = "([\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])"
_unspaced = re.compile(_UNSPACED)


def word_lists(texts: Sequence[str]) -> Any:
    """
    The words of each text, as an Arrow array of lists.

    >>> word_lists(["Card No. 7!", "Wo?"]).to_pylist()
    [['card', 'no', '7'], ['wo']]
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    lower = pc.utf8_lower(pa.array(texts, pa.large_string()))
    if pc.any(pc.match_substring_regex(lower, _UNSPACED)).as_py():
        lower = pc.replace_substring_regex(lower, _UNSPACED, r" \1 ")
    plain = pc.replace_substring_regex(lower, _BETWEEN, " ")
    return pc.utf8_split_whitespace(pc.utf8_trim_whitespace(plain))


def words_of(text: str) -> list[str]:
    """
    The words of one text: the same as `word_lists`, and faster for one.

    >>> words_of("Card No. 7!")
    ['card', 'no', '7']
    """
    spaced = _unspaced.sub(r" \1 ", text.lower())
    category = unicodedata.category
    return "".join(c if category(c)[0] in "LNM" else " " for c in spaced).split()


def numbered(texts: Sequence[str]) -> tuple[Ints, Ints, dict[str, int]]:
    """For every word in its order: its text and its number; and each word's number."""
    import numpy as np

    lists = word_lists(texts)
    lengths = np.diff(lists.offsets.to_numpy())
    text = np.repeat(np.arange(len(texts), dtype=np.int32), lengths)
    encoded = lists.flatten().dictionary_encode()
    word = encoded.indices.to_numpy(zero_copy_only=False)
    known = {str(w): n for n, w in enumerate(encoded.dictionary.to_pylist())}
    # Splitting leaves one empty word in an empty text.
    empty = known.get("")
    kept = np.ones(len(word), dtype=bool) if empty is None else word != empty
    return text[kept], word[kept], known
