"""Chats for the tests of the gate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Write = Callable[..., str]
"""Writes rows to a file and returns its path; see the fixture ``write``."""


def chat(question: str, answer: str, **more: Any) -> dict[str, Any]:
    """One line of an example file."""
    asked = {"role": "user", "content": question}
    return {"messages": [asked, {"role": "assistant", "content": answer}], **more}


def chats(n: int, start: int = 0) -> list[dict[str, Any]]:
    """Chats of which no two are alike."""
    return [
        chat(f"w{i}a w{i}b w{i}c w{i}d w{i}e", "yes" if i % 2 else "no")
        for i in range(start, start + n)
    ]
