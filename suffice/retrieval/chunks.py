"""
Passages: documents cut at headings and paragraphs, none longer than is asked for.

Pure; a document that is short enough stays whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from suffice.measuring.demonstrations import n_tokens

_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")
_PARAGRAPH = re.compile(r"\n\s*\n")
_SENTENCE = re.compile("(?<=[.!?\u3002\uff01\uff1f])\\s+")
_LEAST = 16
"""Tokens of text in a passage, however long its heading is."""
_FENCE = re.compile(r"^\s*(```|~~~)")


@dataclass(frozen=True, kw_only=True)
class Document:
    """One text to retrieve from."""

    id: str
    text: str
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """One passage of a document."""

    id: str
    """The document's id and the passage's number in it, such as ``faq.md#3``."""
    document: str
    """The document's id."""
    heading: str = ""
    """The document's title and the headings above the passage."""
    text: str

    @property
    def shown(self) -> str:
        """The passage as it is searched and as a model sees it."""
        return f"{self.heading}\n{self.text}" if self.heading else self.text


def cut(
    documents: Iterable[Document], *, chunk_tokens: int, overlap_tokens: int
) -> list[Chunk]:
    """
    The passages of *documents*, in their order, of at most *chunk_tokens* each.

    Each but the first under a heading begins with up to *overlap_tokens* of the one
    before it.  Tokens are estimated.
    """
    chunks: list[Chunk] = []
    for document in documents:
        number = 0
        for heading, text in _sections(document):
            room = max(_LEAST, chunk_tokens - n_tokens(len(heading)))
            pieces = _pieces(text, room)
            for passage in _packed(pieces, room, overlap_tokens):
                number += 1
                chunks.append(
                    Chunk(
                        id=f"{document.id}#{number}",
                        document=document.id,
                        heading=heading,
                        text=passage,
                    )
                )
    return chunks


def _sections(document: Document) -> Iterator[tuple[str, str]]:
    """Heading path and text of each part; code blocks have no headings."""
    path: list[tuple[int, str]] = []
    lines: list[str] = []
    fenced = False
    for line in document.text.splitlines():
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _HEADING.match(line)
        if heading is None:
            lines.append(line)
            continue
        level = len(heading[1])
        yield from _section(document.title, path, lines, level)
        path = [*(p for p in path if p[0] < level), (level, heading[2])]
        lines = []
    yield from _section(document.title, path, lines, 0)


def _section(
    title: str, path: list[tuple[int, str]], lines: list[str], next_level: int
) -> Iterator[tuple[str, str]]:
    """One part; a heading with nothing under it is text itself."""
    titles = [title, *(name for _, name in path)]
    text = "\n".join(lines).strip()
    if not text and path and next_level <= path[-1][0]:
        text = titles.pop()
    if text:
        yield " > ".join(filter(None, titles)), text


def _pieces(text: str, most: int) -> list[tuple[str, str]]:
    """What may not be cut further, each with what goes before it."""
    found: list[tuple[str, str]] = []
    for paragraph in _PARAGRAPH.split(text):
        before = "\n\n"
        for sentence in (
            [paragraph]
            if n_tokens(len(paragraph)) <= most
            else _SENTENCE.split(paragraph)
        ):
            for part in _short(sentence, most):
                if part.strip():
                    found.append((before, part.strip()))
                    before = " "
    return found


def _short(sentence: str, most: int) -> Iterator[str]:
    """The sentence, in runs of words, or of characters where a word is too long."""
    if n_tokens(len(sentence)) <= most:
        yield sentence
        return
    room = max(1, most * 3)
    while len(sentence) > room:
        space = sentence.rfind(" ", 1, room)
        end = space if space > 0 else room
        yield sentence[:end]
        sentence = sentence[end:].lstrip()
    yield sentence


def _packed(pieces: list[tuple[str, str]], most: int, overlap: int) -> Iterator[str]:
    """As many pieces together as fit, each run beginning with the end of the last."""
    run: list[tuple[str, str]] = []
    n_old = 0
    for piece in pieces:
        if len(run) > n_old and n_tokens(len(_joined([*run, piece]))) > most:
            yield _joined(run)
            run = _tail(run, overlap)
            while run and n_tokens(len(_joined([*run, piece]))) > most:
                run = run[1:]
            n_old = len(run)
        run.append(piece)
    if len(run) > n_old:
        yield _joined(run)


def _tail(run: list[tuple[str, str]], overlap: int) -> list[tuple[str, str]]:
    start = len(run)
    while start > 0 and n_tokens(len(_joined(run[start - 1 :]))) <= overlap:
        start -= 1
    return run[start:]


def _joined(run: list[tuple[str, str]]) -> str:
    return "".join(before + text for before, text in run).strip()
