"""
Texts that say the same, and texts that nearly do.

Two texts are near twins when the sets of their three-word sequences overlap by
`THRESHOLD` or more (Jaccard).  The search is exact: rare sequences come first, and
two sets that overlap that much share one of their first few (prefix filtering).
Sequences that stand in more than half of all texts are a form letter, not content,
and are left out.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

THRESHOLD = 0.7
"""Overlap of three-word sequences from which two texts are near twins."""
_FORM_SHARE = 0.5
_FORM_FROM = 50
_WORD = re.compile(r"\w+")


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
    sets = _shingle_sets([texts[i] for i in distinct])
    search = _Search(sets, threshold)
    groups = _Groups(len(texts))
    twin_of, leak_of = [-1] * len(texts), [-1] * len(texts)
    n_early = sum(1 for i in distinct if i < n_first)
    for k, i in enumerate(distinct):
        if k >= n_early:
            hit = search.first(k, range(n_early))
            leak_of[i] = distinct[hit] if hit >= 0 else -1
        for j in search.earlier(k):
            if groups.find(i) == groups.find(distinct[j]):
                continue
            if search.alike(k, j):
                groups.join(i, distinct[j])
                twin_of[i] = twin_of[i] if twin_of[i] >= 0 else distinct[j]
        search.add(k)
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
    seen: dict[str, int] = {}
    copy_of, distinct = [], []
    for i, text in enumerate(texts):
        first = seen.setdefault(" ".join(text.casefold().split()), i)
        copy_of.append(-1 if first == i else first)
        if first == i:
            distinct.append(i)
    return copy_of, distinct


def _shingle_sets(texts: Sequence[str]) -> list[list[int]]:
    """Three-word sequences of each text as numbers, the rarest first."""
    raw = [_shingles(text) for text in texts]
    counts = Counter(s for shingles in raw for s in shingles)
    most = len(texts) * _FORM_SHARE if len(texts) >= _FORM_FROM else len(texts)
    by_rarity = sorted(counts, key=lambda s: (counts[s], s))
    rank = {s: n for n, s in enumerate(by_rarity) if counts[s] <= most}
    sets = []
    for n, shingles in enumerate(raw):
        kept = sorted(rank[s] for s in shingles if s in rank)
        # Nothing but the form letter is left: the text is like no other.
        sets.append(kept or [-1 - n])
    return sets


def _shingles(text: str) -> set[str]:
    words = _WORD.findall(text.casefold())
    if len(words) < 3:
        return {" ".join(words) or text}
    return {" ".join(words[i : i + 3]) for i in range(len(words) - 2)}


class _Search:
    """An index of the first few numbers of every set."""

    def __init__(self, sets: list[list[int]], threshold: float) -> None:
        self._sets = sets
        self._as_set = [frozenset(s) for s in sets]
        self._threshold = threshold
        self._index: dict[int, list[int]] = defaultdict(list)

    def _prefix(self, k: int) -> list[int]:
        items = self._sets[k]
        return items[: len(items) - math.ceil(self._threshold * len(items)) + 1]

    def add(self, k: int) -> None:
        """Make set *k* findable."""
        for item in self._prefix(k):
            self._index[item].append(k)

    def earlier(self, k: int) -> list[int]:
        """Sets that may be alike, the earliest first."""
        found: set[int] = set()
        for item in self._prefix(k):
            found.update(self._index.get(item, ()))
        return sorted(found)

    def first(self, k: int, among: range) -> int:
        """The first of *among* that is alike; -1 where none is."""
        return next((j for j in self.earlier(k) if j in among and self.alike(k, j)), -1)

    def alike(self, k: int, j: int) -> bool:
        """Whether two sets overlap enough."""
        a, b = self._as_set[k], self._as_set[j]
        if min(len(a), len(b)) < self._threshold * max(len(a), len(b)):
            return False
        shared = len(a & b)
        return shared >= self._threshold * (len(a) + len(b) - shared)


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
