"""
Texts as sets of three-word sequences, each a number; fast and in little memory.

A word is what stands between white space, without the punctuation around it, in lower
case.  A text of fewer than three words is one sequence.  Sequences that stand in more
than half of the texts are a form letter, not content, and are left out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Hashes = npt.NDArray[np.uint64]
    Ints = npt.NDArray[np.int64]

CHUNK = 16_384
"""Texts that are taken apart at a time; at most 2**15, see `_ROW_BITS`."""
_SAMPLE = 5_000
"""Texts by which it is told what is a form letter."""
_FORM_SHARE = 0.5
_FORM_FROM = 50
_ROW_BITS, _RARITY_BITS, _HASH_BITS = 15, 6, 43
_HASH = (1 << _HASH_BITS) - 1
_AROUND = (
    ".,;:!?\"'`()[]{}<>*_~-\u2013\u2014\u2018\u2019\u201c\u201d\u00ab\u00bb\u2026/|"
)


class Shingles:
    """
    The sets of many texts, rarest sequences first.

    They wait on disk, since for a million texts they would fill half a gigabyte.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        import numpy as np

        self._texts = texts
        self._spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed on leaving
        self._sizes: list[int] = []
        slots = 1 << max(16, min(24, (len(texts) * 32).bit_length()))
        self._frequency = np.zeros(slots, dtype=np.uint32)
        step = max(1, len(texts) // _SAMPLE)
        sampled = []
        for start in range(0, len(texts), CHUNK):
            row, hashes = _sequences(texts[start : start + CHUNK])
            packed = _packed(row, np.zeros_like(hashes), hashes)
            self._sizes.append(len(packed))
            packed.tofile(self._spool)
            self._frequency += np.bincount(self._slot(hashes), minlength=slots).astype(
                np.uint32
            )
            chosen = packed[(_row(packed) + start) % step == 0]
            sampled.append(_distinct(chosen) & np.uint64(_HASH))
        n_sample = len(range(0, len(texts), step))
        self._form = _too_common(sampled, n_sample, len(texts))

    def __enter__(self) -> Shingles:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def _slot(self, hashes: Hashes) -> Ints:
        import numpy as np

        slots: Ints = (hashes & np.uint64(len(self._frequency) - 1)).astype(np.int64)
        return slots

    def chunks(self) -> Iterator[tuple[int, Ints, Hashes]]:
        """
        For each run of texts: index of the first, offsets, and all sequences.

        The sequences of the n-th text of the run lie between its offset and the next,
        each once, the rarest first.
        """
        import numpy as np

        self._spool.seek(0)
        for n, size in enumerate(self._sizes):
            start = n * CHUNK
            packed = np.fromfile(self._spool, dtype=np.uint64, count=size)
            texts = self._texts[start : start + CHUNK]
            yield (start, *self._sets(packed, texts))

    def of(self, indices: Sequence[int]) -> tuple[Ints, Hashes]:
        """Offsets and sequences of some texts, in their order."""
        import numpy as np

        sizes, found = [], []
        for start in range(0, len(indices), CHUNK):
            rows = [self._texts[i] for i in indices[start : start + CHUNK]]
            row, hashes = _sequences(rows)
            packed = _packed(row, np.zeros_like(hashes), hashes)
            offsets, items = self._sets(packed, rows)
            sizes.append(np.diff(offsets))
            found.append(items)
        offsets = np.zeros(len(indices) + 1, dtype=np.int64)
        offsets[1:] = np.cumsum(np.concatenate([np.zeros(0, dtype=np.int64), *sizes]))
        return offsets, np.concatenate([np.zeros(0, dtype=np.uint64), *found])

    def _sets(self, packed: Hashes, texts: Sequence[str]) -> tuple[Ints, Hashes]:
        import numpy as np

        row, hashes = self._without_form(_row(packed), packed & np.uint64(_HASH), texts)
        seen = self._frequency[self._slot(hashes)]
        rarity = np.minimum(63, np.round(4 * np.log2(seen + 1.0))).astype(np.uint64)
        packed = _distinct(_packed(row.astype(np.uint64), rarity, hashes))
        counts = np.bincount(_row(packed), minlength=len(texts))
        offsets = np.zeros(len(texts) + 1, dtype=np.int64)
        offsets[1:] = np.cumsum(counts)
        return offsets, packed & np.uint64((1 << (_RARITY_BITS + _HASH_BITS)) - 1)

    def _without_form(
        self, row: Ints, hashes: Hashes, texts: Sequence[str]
    ) -> tuple[Ints, Hashes]:
        """Without the form letter; a text that is nothing else is like no other."""
        import numpy as np

        if not len(self._form):
            return row, hashes
        kept = ~np.isin(hashes, self._form)
        bare = np.setdiff1d(np.arange(len(texts)), row[kept])
        alone = _hashed([f"\0{texts[int(i)]}" for i in bare])
        return np.append(row[kept], bare), np.append(hashes[kept], alone)


def _too_common(sampled: list[Hashes], n_sample: int, n: int) -> Hashes:
    import numpy as np

    if n < _FORM_FROM:
        return np.zeros(0, dtype=np.uint64)
    ordered = np.sort(np.concatenate(sampled))
    begins = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    counts = np.diff(np.append(begins, len(ordered)))
    common: Hashes = ordered[begins[counts > _FORM_SHARE * n_sample]]
    return common


def _row(packed: Hashes) -> Ints:
    import numpy as np

    rows: Ints = (packed >> np.uint64(_RARITY_BITS + _HASH_BITS)).astype(np.int64)
    return rows


def _distinct(values: Hashes) -> Hashes:
    """Each value once, in order; sorting is far faster than numpy's hash table."""
    import numpy as np

    ordered = np.sort(values)
    first = np.ones(len(ordered), dtype=bool)
    first[1:] = ordered[1:] != ordered[:-1]
    distinct: Hashes = ordered[first]
    return distinct


def _packed(row: Hashes, rarity: Hashes, hashes: Hashes) -> Hashes:
    """Row, rarity and hash in one number, which sorts in that order."""
    import numpy as np

    shift = np.uint64(_RARITY_BITS + _HASH_BITS)
    packed: Hashes = (row << shift) | (rarity << np.uint64(_HASH_BITS)) | hashes
    return packed


def _sequences(texts: Sequence[str]) -> tuple[Hashes, Hashes]:
    """Row and hash of every three-word sequence, repeated ones too."""
    import numpy as np

    row, words = _words(texts)
    same = np.zeros(len(words), dtype=bool)
    if len(words) > 2:
        same[:-2] = row[2:] == row[:-2]
    counts = np.bincount(row.astype(np.int64), minlength=len(texts))
    second, third = np.roll(words, -1), np.roll(words, -2)
    # A text of one or two words is one sequence, of those alone.
    short = counts[row.astype(np.int64)] < 3
    starts = np.ones(len(words), dtype=bool)
    starts[1:] = row[1:] != row[:-1]
    lone = short & starts
    two = lone & (counts[row.astype(np.int64)] == 2)
    second[lone & ~two] = 0
    third[lone] = 0
    chosen = same | lone
    with np.errstate(over="ignore"):
        mixed = words * np.uint64(0x9E3779B97F4A7C15)
        mixed += second * np.uint64(0xC2B2AE3D27D4EB4F)
        mixed += third * np.uint64(0x165667B19E3779F9)
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(32)
    empty = np.flatnonzero(counts == 0).astype(np.uint64)
    alone = _hashed([f"\0{texts[int(i)]}" for i in empty])
    rows = np.append(row[chosen], empty)
    hashes = np.append(mixed[chosen] & np.uint64(_HASH), alone)
    return rows, hashes


def _words(texts: Sequence[str]) -> tuple[Hashes, Hashes]:
    """Row and hash of every word."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    lists = pc.utf8_split_whitespace(pa.array(texts, pa.large_string()))
    lengths = np.diff(lists.offsets.to_numpy())
    row = np.repeat(np.arange(len(texts), dtype=np.uint64), lengths)
    encoded = lists.flatten().dictionary_encode()
    plain = [w.strip(_AROUND).casefold() for w in encoded.dictionary.to_pylist()]
    known = pd.util.hash_array(np.array(plain, dtype=object), categorize=False)
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    has_text = np.array([bool(w) for w in plain], dtype=bool)[codes]
    hashes: Hashes = known[codes][has_text]
    return row[has_text], hashes


def _hashed(texts: Sequence[str]) -> Hashes:
    import numpy as np
    import pandas as pd

    if not texts:
        return np.zeros(0, dtype=np.uint64)
    found = pd.util.hash_array(np.array(texts, dtype=object), categorize=False)
    kept: Hashes = found & np.uint64(_HASH)
    return kept
