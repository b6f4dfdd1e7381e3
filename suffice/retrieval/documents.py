"""
Documents from files: JSONL, Markdown or text; local, patterns, folders, s3://.

A line or a file that is none is refused with its place: a document that is silently
left out is an answer that is silently lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from suffice.data import storage
from suffice.data.lines import open_lines, unpacked
from suffice.data.parsing import Problem, parse
from suffice.data.unpacking import Limits
from suffice.errors import UnusableInput
from suffice.retrieval.chunks import Document

_TEXTS = (".md", ".markdown", ".txt", ".text", ".rst")
_LINES = (".jsonl", ".ndjson")


def read_documents(source: str) -> list[Document]:
    """
    The documents that *source* names, in the order of their names.

    A JSONL line is ``{"id": ..., "title": ..., "text": ...}``, where only ``text``
    must be there; any other file is one document, named by its path.
    Raises `UnusableInput` where a document cannot be read or two share an id.
    """
    documents: list[Document] = []
    places: dict[str, str] = {}
    files = _files(source)
    for file in files:
        for where, document in _read(file, _common(files)):
            first = places.setdefault(document.id, where)
            if first != where:
                raise UnusableInput(
                    f"{where}: a document has the id {document.id!r} already, at "
                    f"{first}; give each an id of its own."
                )
            documents.append(document)
    if not documents:
        raise UnusableInput(f"{source!r} holds no document; check 'documents'.")
    return documents


def _files(source: str) -> list[str]:
    known = (*_TEXTS, *_LINES)
    if source.startswith("s3://") and source.endswith("/"):
        found = storage.find(f"{source}*")
    elif "://" not in source and Path(source).is_dir():
        found = storage.find(str(Path(source) / "**" / "*"))
    else:
        return list(storage.find(source))
    files = [f for f in found if _bare(f).endswith(known)]
    if not files:
        raise UnusableInput(
            f"The folder {source!r} holds no document; its name must end in "
            f"{', '.join(known)}."
        )
    return files


def _bare(file: str) -> str:
    return file.lower().removesuffix(".gz").removesuffix(".zst")


def _common(files: list[str]) -> str:
    """The folder that all files lie in, so that ids do not name a machine's paths."""
    parents = [PurePosixPath(f).parent.parts for f in files]
    shared = []
    for parts in zip(*parents, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return str(PurePosixPath(*shared)) if shared else ""


def _read(file: str, folder: str) -> Iterator[tuple[str, Document]]:
    if _bare(file).endswith(_LINES):
        yield from _lines(file)
        return
    data = b"".join(unpacked(file, Limits()))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnusableInput(
            f"{file!r} is not UTF-8 text (byte {error.start}); convert it."
        ) from error
    name = str(PurePosixPath(file)).removeprefix(f"{folder}/")
    if text.strip():
        yield file, Document(id=name, text=text)


def _lines(file: str) -> Iterator[tuple[str, Document]]:
    for line in open_lines(file):
        if line.n_bytes > len(line.data) or line.data.strip():
            row = parse(line)
            if isinstance(row, Problem):
                raise UnusableInput(f"{row.where}: {row.message}; mend the document.")
            yield line.where, _document(row, line.where)


def _document(row: dict[str, Any], where: str) -> Document:
    text, title, name = row.get("text"), row.get("title"), row.get("id")
    if not isinstance(text, str) or not text.strip():
        raise UnusableInput(
            f"{where}: the document has no text under 'text'; write "
            '{"id": ..., "text": ...}.'
        )
    if not isinstance(title, (str, type(None))):
        raise UnusableInput(f"{where}: 'title' is {title!r:.40}, not text.")
    if isinstance(name, bool) or not isinstance(name, (str, int, type(None))):
        raise UnusableInput(f"{where}: 'id' is {name!r:.40}, not text.")
    number = where.rpartition(":")[2]
    return Document(id=str(name or f"line {number}"), text=text, title=title or "")
