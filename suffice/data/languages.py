"""The language of a text, as far as its letters and commonest words show it."""

from __future__ import annotations

import re

_SCRIPTS = {
    "Cyrillic": re.compile("[\u0400-\u04ff]"),
    "Greek": re.compile("[\u0370-\u03ff]"),
    "Arabic": re.compile("[\u0600-\u06ff]"),
    "Hebrew": re.compile("[\u0590-\u05ff]"),
    "Devanagari": re.compile("[\u0900-\u097f]"),
    "Japanese": re.compile("[\u3040-\u30ff]"),
    "Korean": re.compile("[\uac00-\ud7af]"),
    "Chinese": re.compile("[\u4e00-\u9fff]"),
}
_COMMON_WORDS = {
    "English": "the and of to is you that it for are with your this have not be",
    "German": "der die das und ist nicht sie mit ein eine ich den zu auf f\u00fcr im",
    "French": "le la les et est une des vous pas que pour dans sur votre je du",
    "Spanish": "el los las y es una que no por para con su usted se del como",
    "Italian": "il che di \u00e8 non per una con sono gli della si ha questo le",
    "Portuguese": "os \u00e9 uma que n\u00e3o por para com seu voc\u00ea em mais",
    "Dutch": "de het een en is niet van dat met voor op zijn u ik te aan",
}
COMMON = {name: frozenset(words.split()) for name, words in _COMMON_WORDS.items()}


def language(text: str) -> str:
    """
    The language of *text* as far as it shows; empty where it does not.

    >>> language("the card that you sent is not with your bank and it is late")
    'English'
    """
    for name, letters in _SCRIPTS.items():
        if len(letters.findall(text)) > 0.3 * len(text):
            return name
    words = re.findall(r"\w+", text.casefold())
    found = {name: sum(w in known for w in words) for name, known in COMMON.items()}
    found = {n: c for n, c in found.items() if len(COMMON[n].intersection(words)) > 2}
    found |= dict.fromkeys(("", "-"), 0)
    first, second = sorted(found.values(), reverse=True)[:2]
    if first < 4 or first < 2 * second:
        return ""
    return max(found, key=lambda name: found[name])
