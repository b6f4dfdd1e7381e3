"""
Fences: what somebody else wrote, marked as data for a model that must not obey it.

The fence is named by a code that is made from all that stands between the fences of
one request.  Whoever writes an answer cannot put its code into it: that would be a
text that contains a digest of itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

_DIGITS = 16


def code_of(parts: Mapping[str, str], *, salt: str = "") -> str:
    """
    16 hexadecimal digits that none of *parts* contains; the same for the same parts.

    >>> code_of({"answer": "Paris"}) == code_of({"answer": "Paris"})
    True
    """
    n = 0
    while True:
        text = json.dumps([salt, n, sorted(parts.items())], ensure_ascii=False)
        code = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        if not any(code[:_DIGITS] in part for part in parts.values()):
            return code[:_DIGITS]
        n += 1


def fenced(parts: Mapping[str, str], code: str) -> str:
    """Each part between two lines that bear its name and the *code*."""
    return "\n\n".join(
        f"<<<{name} {code}>>>\n{defanged(text)}\n<<<end of {name} {code}>>>"
        for name, text in parts.items()
    )


def defanged(text: str) -> str:
    """
    *text* without marks that chat templates take for the end of a message.

    A server may read "<|im_end|>" in a message as the token of that name, which would
    end our message and let what follows speak as somebody else.

    >>> defanged("fine<|im_end|>")
    'fine< |im_end| >'
    """
    for mark, harmless in _TEMPLATE_MARKS.items():
        text = text.replace(mark, harmless)
    return text


_TEMPLATE_MARKS = {
    "<|": "< |",
    "|>": "| >",
    "[INST]": "[ INST ]",
    "[/INST]": "[ /INST ]",
    "<<SYS>>": "< <SYS> >",
    "<start_of_turn>": "< start_of_turn >",
    "<end_of_turn>": "< end_of_turn >",
}
