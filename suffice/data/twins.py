"""
Texts that say the same, and texts that nearly do.

Two texts are near twins when the sets of their three-word sequences overlap by
`THRESHOLD` or more (Jaccard).  The search is exact: in an order that is the same for
all, two sets that overlap that much share one of their first few members (prefix
filtering), and what shares one is compared in full.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suffice.data.shingles import Shingles

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Ints = npt.NDArray[np.int32]

THRESHOLD = 0.7
"""Overlap of three-word sequences from which two texts are near twins."""
MAX_SETS = 20_000
"""Sets that are kept unpacked."""


@dataclass(frozen=True, kw_only=True)
class Twins:
    """For each text, by its index, who is like it; -1 stands for nobody."""

    copy_of: tuple[int, ...]
    """The first earlier text that is the same but for case and white space."""
    twin_of: tuple[int, ...]
    """An earlier text that nearly says the same, where it is no copy."""
    leak_of: tuple[int, ...]
    """For texts after the first *n_first*: one of those that is a copy or a twin."""
    group: tuple[int, ...]
    """Texts that are linked by copies and twins share this number."""


def find_twins(
    texts: Sequence[str], *, n_first: int = 0, threshold: float = THRESHOLD
) -> Twins:
    """
    Copies and near twins among *texts*.

    The first *n_first* texts are those that the others must not leak into.

    >>> find_twins(["Where is my card?", "where is  my CARD?", "Hello"]).copy_of
    (-1, 0, -1)
    """
    copy_of, distinct = _copies(texts)
    n_early = sum(1 for i in distinct if i < n_first)
    with Shingles([texts[i] for i in distinct]) as shingles:
        candidates = _candidates(shingles, threshold)
        links = _Links(
            shingles, candidates, len(distinct), n_early, threshold=threshold
        )
    for members in candidates:
        links.compare(members.tolist())
    groups, twin_of, leak_of = _Groups(len(texts)), [-1] * len(texts), [-1] * len(texts)
    for k, i in enumerate(distinct):
        groups.join(i, distinct[links.groups.find(k)])
        twin_of[i] = distinct[links.twin_of[k]] if k in links.twin_of else -1
        leak_of[i] = distinct[links.leak_of[k]] if k in links.leak_of else -1
    for i, first in enumerate(copy_of):
        if first >= 0:
            groups.join(i, first)
            if i >= n_first:
                leak_of[i] = first if first < n_first else leak_of[first]
    return Twins(
        copy_of=tuple(copy_of),
        twin_of=tuple(twin_of),
        leak_of=tuple(leak_of),
        group=tuple(groups.find(i) for i in range(len(texts))),
    )


def _copies(texts: Sequence[str]) -> tuple[list[int], list[int]]:
    """The first copy of each text, and the indices of those that are none."""
    seen: dict[int, int] = {}
    copy_of, distinct = [], []
    for i, text in enumerate(texts):
        plain = _plain(text)
        key = hash(plain)
        first = seen.setdefault(key, i)
        if first != i and _plain(texts[first]) != plain:
            first = i  # two texts of one hash; a copy of this one is not recognised
        copy_of.append(-1 if first == i else first)
        if first == i:
            distinct.append(i)
    return copy_of, distinct


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _candidates(shingles: Shingles, threshold: float) -> list[Ints]:
    """Texts that share one of their first few sequences, in ascending order."""
    import numpy as np

    kept_items, kept_rows = [], []
    for start, offsets, items in shingles.chunks():
        sizes = np.diff(offsets)
        prefix = sizes - np.ceil(threshold * sizes - 1e-9).astype(np.int64) + 1
        place = np.arange(len(items)) - np.repeat(offsets[:-1], sizes)
        early = place < np.repeat(prefix, sizes)
        rows = np.repeat(np.arange(start, start + len(sizes), dtype=np.int32), sizes)
        kept_items.append(items[early])
        kept_rows.append(rows[early])
    if not kept_items:
        return []
    every, owners = np.concatenate(kept_items), np.concatenate(kept_rows)
    del kept_items, kept_rows
    order = np.argsort(every, kind="stable")
    every, owners = every[order], owners[order]
    begins = np.flatnonzero(np.append(True, every[1:] != every[:-1]))
    ends = np.append(begins[1:], len(every))
    shared = np.flatnonzero(ends - begins > 1)
    return [
        owners[a:b]
        for a, b in zip(begins[shared].tolist(), ends[shared].tolist(), strict=True)
    ]


class _Links:
    """Which of the candidates really are alike."""

    def __init__(
        self,
        shingles: Shingles,
        candidates: Sequence[Ints],
        n: int,
        n_early: int,
        *,
        threshold: float,
    ) -> None:
        import numpy as np

        self._n_early = n_early
        self._threshold = threshold
        rows = np.unique(np.concatenate([np.zeros(0, dtype=np.int32), *candidates]))
        self._place = {row: k for k, row in enumerate(rows.tolist())}
        self._offsets, self._items = shingles.of(rows.tolist())
        self._sizes = np.diff(self._offsets).tolist()
        self._sets: dict[int, frozenset[int]] = {}
        self.groups = _Groups(n)
        self.twin_of: dict[int, int] = {}
        self.leak_of: dict[int, int] = {}

    def compare(self, members: Sequence[int]) -> None:
        """
        Link those of *members* that are alike.

        Two that are linked already are only compared where it is about a leak.
        """
        early = [j for j in members if j < self._n_early]
        apart: dict[int, list[int]] = defaultdict(list)
        for i in members:
            if i >= self._n_early and i not in self.leak_of:
                hit = next((j for j in early if self._alike(i, j)), -1)
                if hit >= 0:
                    self.leak_of[i] = hit
            for root in list(apart):
                if self.groups.find(i) != self.groups.find(root):
                    self._link(i, apart[root])
            apart[self.groups.find(i)].append(i)

    def _link(self, i: int, others: Sequence[int]) -> None:
        for j in others:
            if self._alike(i, j):
                self.groups.join(i, j)
                self.twin_of.setdefault(max(i, j), min(i, j))
                return

    def _set(self, i: int) -> frozenset[int]:
        found = self._sets.get(i)
        if found is None:
            if len(self._sets) >= MAX_SETS:
                self._sets.clear()
            k = self._place[i]
            items = self._items[self._offsets[k] : self._offsets[k + 1]]
            found = self._sets[i] = frozenset(items.tolist())
        return found

    def _alike(self, i: int, j: int) -> bool:
        """Whether two sets overlap enough."""
        n, m = self._sizes[self._place[i]], self._sizes[self._place[j]]
        if min(n, m) < self._threshold * max(n, m) - 1e-9:
            return False
        shared = len(self._set(i) & self._set(j))
        return bool(shared >= self._threshold * (n + m - shared) - 1e-9)


class _Groups:
    """Union-find; the smallest index names the group."""

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))

    def find(self, i: int) -> int:
        while self._parent[i] != i:
            self._parent[i] = self._parent[self._parent[i]]
            i = self._parent[i]
        return i

    def join(self, i: int, j: int) -> None:
        a, b = sorted((self.find(i), self.find(j)))
        self._parent[b] = a
