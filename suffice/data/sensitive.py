"""
Secrets and personal data in texts: found fast, told without being shown, masked.

What was found is described by its kind and place only; its text never leaves here but
by way of `Hit.start` and `Hit.end`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from suffice.data.sensitive_kinds import KINDS, Kind

if TYPE_CHECKING:
    import pyarrow

_BATCH = 20_000
_SHORT_NAMES = ("secret", "email", "card", "iban", "phone")


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One sensitive part of a text."""

    kind: Kind
    start: int
    end: int


def scan(texts: Sequence[str]) -> dict[int, list[Hit]]:
    """
    The sensitive parts of each text, by its index; texts without any are left out.

    All texts go through one combined pattern in RE2; only those it stops at are read
    again, exactly.
    """
    import pyarrow

    found = {}
    for start in range(0, len(texts), _BATCH):
        batch = pyarrow.array(texts[start : start + _BATCH], pyarrow.large_string())
        for offset in stops(batch):
            hits = find(texts[start + offset])
            if hits:
                found[start + offset] = hits
    return found


def stops(column: pyarrow.Array) -> list[int]:
    """Which texts of an Arrow column may hold something, and must be read again."""
    import pyarrow.compute

    combined = "|".join(f"(?:{kind.hint})" for kind in KINDS)
    stopped = pyarrow.compute.match_substring_regex(column, combined)
    return [int(i) for i in pyarrow.compute.indices_nonzero(stopped).to_pylist()]


def find(text: str) -> list[Hit]:
    """The sensitive parts of one text, from left to right; they do not overlap."""
    hits: list[Hit] = []
    for kind in KINDS:
        for match in kind.pattern.finditer(text):
            group = "it" if "it" in kind.pattern.groupindex else 0
            start, end = match.span(group)
            free = all(end <= h.start or start >= h.end for h in hits)
            if free and kind.check(match[group]):
                hits.append(Hit(kind=kind, start=start, end=end))
    return sorted(hits, key=lambda h: h.start)


def hide(text: str) -> str:
    """
    *text* with the name of the kind in place of every secret.

    >>> hide("use sk-proj-a8Kd0Qm2Zr5Tn7Vb9Xw1Lc3 now")
    'use [an API key of OpenAI or Anthropic] now'
    """
    for hit in reversed([h for h in find(text) if h.kind.secret]):
        text = f"{text[: hit.start]}[{hit.kind.name}]{text[hit.end :]}"
    return text


def describe(hits: Iterable[Hit]) -> str:
    """The kinds in *hits*, each once."""
    return ", ".join(dict.fromkeys(hit.kind.name for hit in hits))


@dataclass
class Mask:
    """
    Replaces sensitive text by numbered names, the same text by the same name.

    >>> mask = Mask()
    >>> mask.apply("ann@corp.io wrote to bob@corp.io, and ann@corp.io again")
    '<EMAIL-1> wrote to <EMAIL-2>, and <EMAIL-1> again'
    """

    secrets_only: bool = False
    """Whether personal data is left as it is."""
    _names: dict[str, dict[str, str]] = field(
        default_factory=lambda: defaultdict(dict), init=False, repr=False
    )

    def apply(self, text: str) -> str:
        """*text* with every sensitive part masked."""
        hits = [h for h in find(text) if h.kind.secret or not self.secrets_only]
        names = [self._name(hit, text[hit.start : hit.end]) for hit in hits]
        for hit, name in zip(reversed(hits), reversed(names), strict=True):
            text = text[: hit.start] + name + text[hit.end :]
        return text

    def _name(self, hit: Hit, found: str) -> str:
        plain = hit.kind.name.replace("-", "")
        short = "secret" if hit.kind.secret else "id"
        short = next((s for s in _SHORT_NAMES if s in plain.casefold()), short)
        known = self._names[short]
        return known.setdefault(found, f"<{short.upper()}-{len(known) + 1}>")
