"""
What secrets and personal data look like.

Each kind has a *hint* that the fast search looks for (RE2, so no look-around), and an
exact pattern with, where the number carries one, its check digits.  The hint matches
wherever the exact pattern does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

Check = Callable[[str], bool]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of sensitive text."""

    name: str
    """As reports say it, such as ``an API key of OpenAI``."""
    hint: str
    pattern: re.Pattern[str]
    """The sensitive part is the group ``it`` where there is one, else all of it."""
    secret: bool
    """Whether it opens a door (critical), or is about a person (warning)."""
    check: Check = field(default=lambda text: True)
    """Whether a match is real and no placeholder."""


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def is_random(text: str) -> bool:
    """
    Whether *text* may be a real key: many different characters, and no example.

    >>> is_random("sk-proj-xxxxxxxxxxxxxxxxxxxxxxxx"), is_random("AKIAIOSFODNN7EXAMPLE")
    (False, False)
    """
    low = text.casefold()
    if any(word in low for word in ("example", "xxxx", "your", "0000000", "1234567")):
        return False
    tail = text[-16:]
    return len(set(tail)) >= 8 and "..." not in text


def is_mixed(text: str) -> bool:
    """Whether a value that follows ``password=`` is a key rather than a word."""
    kinds = (str.islower, str.isupper, str.isdigit)
    n_kinds = sum(any(test(c) for c in text) for test in kinds)
    return is_random(text) and n_kinds >= 2 and any(c.isdigit() for c in text)


def is_card(text: str) -> bool:
    """
    Luhn's check, for numbers that begin like a card's.

    >>> is_card("4111 1111 1111 1111"), is_card("4111 1111 1111 1112")
    (True, False)
    """
    digits = _digits(text)
    if not 13 <= len(digits) <= 19 or digits[0] not in "23456" or len(set(digits)) < 2:
        return False
    doubled = [int(d) * 2 for d in digits[-2::-2]]
    total = sum(map(int, digits[-1::-2])) + sum(d - 9 if d > 9 else d for d in doubled)
    return total % 10 == 0


_IBAN_LENGTH = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "BR": 29, "CH": 21, "CY": 28,
    "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22,
    "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27, "LI": 21,
    "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28,
    "PT": 25, "RO": 24, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26,
    "UA": 29,
}  # fmt: skip


def is_iban(text: str) -> bool:
    """
    The remainder by 97, and the length of the country.

    >>> is_iban("DE89 3704 0044 0532 0130 00"), is_iban("DE89370400440532013001")
    (True, False)
    """
    plain = text.replace(" ", "").replace("-", "")
    if len(plain) != _IBAN_LENGTH.get(plain[:2]):
        return False
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def is_phone(text: str) -> bool:
    """8 to 15 digits, not all the same, and no date, range or sum of money."""
    digits = _digits(text)
    date = re.fullmatch(r"\d{4}[-./ ]\d{1,2}[-./ ]\d{1,2}", text)
    return 8 <= len(digits) <= 15 and len(set(digits)) > 2 and date is None


def _is_spanish_id(text: str) -> bool:
    number = text[:-1].translate(str.maketrans("XYZ", "012"))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == text[-1]


def _is_french_id(text: str) -> bool:
    digits = _digits(text)
    return 97 - int(digits[:13]) % 97 == int(digits[13:])


def _is_brazilian_id(text: str) -> bool:
    digits = [int(d) for d in _digits(text)]
    for n in (9, 10):
        total = sum(d * w for d, w in zip(digits, range(n + 1, 1, -1), strict=False))
        if digits[n] != total * 10 % 11 % 10:
            return False
    return len(set(digits)) > 1


def _key(name: str, hint: str, exact: str) -> Kind:
    pattern = re.compile(rf"(?<![A-Za-z0-9_-]){exact}", re.ASCII)
    return Kind(name=name, hint=hint, pattern=pattern, secret=True, check=is_random)


def _secret(name: str, hint: str, exact: str, check: Check = is_mixed) -> Kind:
    pattern = re.compile(exact, re.ASCII)
    return Kind(name=name, hint=hint, pattern=pattern, secret=True, check=check)


def _personal(name: str, hint: str, exact: str, check: Check) -> Kind:
    pattern = re.compile(exact, re.ASCII)
    return Kind(name=name, hint=hint, pattern=pattern, secret=False, check=check)


_RESERVED = re.compile(r"@(.*\.)?(example(\.[a-z]+)?|invalid|test|localhost)$", re.I)

KINDS = (
    _key("an API key of OpenAI or Anthropic", "sk-[A-Za-z0-9_-]{16}",
         r"sk-[A-Za-z0-9_-]{20,}"),
    _key("an access key of AWS", "A[KSBC][IC]A[A-Z0-9]{16}",
         r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    _secret("a secret key of AWS", "(?i:aws_?secret)",
            r"(?i:aws_?secret_?(?:access_?)?key)\W{1,6}(?P<it>[A-Za-z0-9/+]{40})",
            is_random),
    _key("a token of GitHub", "gh[pousr]_[A-Za-z0-9]{16}|github_pat_",
         r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})"),
    _key("a token of GitLab", "glpat-", r"glpat-[A-Za-z0-9_-]{20,}"),
    _key("a token of Slack", "xox[abeoprs]-|hooks[.]slack[.]com/services/",
         r"(?:xox[abeoprs]-[A-Za-z0-9-]{10,}"
         r"|hooks\.slack\.com/services/T\w+/B\w+/\w{16,})"),
    _key("a key of Stripe", "[sr]k_(live|test)_|whsec_",
         r"(?:[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9]{24,})"),
    _key("an API key of Google", "AIza|GOCSPX-",
         r"(?:AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{28})"),
    _key("a key of Twilio or SendGrid", "SK[0-9a-f]{16}|SG[.][A-Za-z0-9_-]{22}",
         r"(?:SK[0-9a-f]{32}|SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})"),
    _key("a token of Hugging Face", "hf_[A-Za-z0-9]{16}", r"hf_[A-Za-z0-9]{30,}"),
    _key("a token of npm or PyPI", "npm_[A-Za-z0-9]{16}|pypi-AgE",
         r"(?:npm_[A-Za-z0-9]{36}|pypi-AgE[A-Za-z0-9_-]{40,})"),
    _key("a token of DigitalOcean", "do[opr]_v1_", r"do[opr]_v1_[a-f0-9]{64}"),
    _secret("a storage key of Azure", "(AccountKey|SharedAccessKey)=",
            r"(?:AccountKey|SharedAccessKey)=(?P<it>[A-Za-z0-9+/]{40,}={0,2})",
            is_random),
    _secret("a private key", "PRIVATE KEY",
            r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----", lambda text: True),
    _key("a JSON web token", "eyJ[A-Za-z0-9_-]{8}",
         r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    _secret("a password in a URL", "://[^/@: ]+:[^/@ ]+@",
            r"[a-z][a-z0-9+.-]*://[^\s:/@]+:(?P<it>[^\s/@]{4,})@",
            lambda text: text[0] not in "<[{$*"),
    _secret("a bearer token", "(?i:bearer) ",
            r"(?i:bearer) +(?P<it>[A-Za-z0-9._~+/-]{20,}=*)"),
    _secret("a basic authorisation", "(?i:basic) +[A-Za-z0-9+/]{12}",
            r"(?i:basic) +(?P<it>[A-Za-z0-9+/]{12,}={0,2})(?![A-Za-z0-9+/])"),
    _secret("a password in a sentence", "(?i:password|passwd|passphrase) +(?i:is|was) ",
            r"(?i:password|passwd|passphrase) +(?i:is|was) +[\"']?"
            r"(?P<it>[^\s\"',;]{10,})"),
    _secret("a password or key",
            "(?i:password|passwd|pwd|secret|api[_ -]?key|token)[\"']?[ \t]{0,3}[:=]",
            r"(?i:password|passwd|pwd|secret|api[_ -]?key|token)[\"']?[ \t]{0,3}[:=]"
            r"[ \t]{0,3}[\"']?(?P<it>[^\s\"',;]{10,})"),
    _personal("an e-mail address", "[A-Za-z0-9._%+-]@[A-Za-z0-9-]",
              r"[A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"
              r"\.[A-Za-z]{2,}", lambda text: _RESERVED.search(text) is None),
    _personal("a card number", "[0-9][0-9 -]{11,}[0-9]",
              r"(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d.]\d|\d)", is_card),
    _personal("an IBAN", "[A-Z]{2}[0-9]{2}[ -]?[A-Z0-9]{4}",
              r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,6}"
              r"(?:[ -]?[A-Z0-9]{1,4})?(?![A-Za-z0-9])", is_iban),
    _personal("a US social security number", "[0-9]{3}-[0-9]{2}-[0-9]{4}",
              r"(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\d-])",
              lambda text: text != "123-45-6789"),
    _personal("a British insurance number", "[A-Z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2}",
              r"(?<![A-Za-z0-9])[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d"
              r" ?[A-D](?![A-Za-z0-9])", lambda text: True),
    _personal("a Spanish identity number", "[XYZ0-9][0-9]{7}[A-Z]",
              r"(?<![A-Za-z0-9])(?:\d{8}|[XYZ]\d{7})[A-HJ-NP-TV-Z](?![A-Za-z0-9])",
              _is_spanish_id),
    _personal("a French insurance number", "[12] ?[0-9]{2} ?[0-9]{2}",
              r"(?<!\d)[12] ?\d\d ?(?:0[1-9]|1[0-2]) ?\d\d ?\d{3} ?\d{3} ?\d\d(?!\d)",
              _is_french_id),
    _personal("a Brazilian tax number", "[0-9]{3}[.][0-9]{3}[.][0-9]{3}-[0-9]{2}",
              r"(?<![\d.])\d{3}\.\d{3}\.\d{3}-\d\d(?!\d)", _is_brazilian_id),
    _personal("a phone number", "[+(0-9][0-9 ()./-]{6,}[0-9]",
              r"(?<![\w.+-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?"
              r"\d(?:[ ./-]?\d){6,12}"
              r"|\(\d{3}\) ?\d{3}[ .-]\d{4}|\d{3}[.-]\d{3}[.-]\d{4}"
              r"|0\d{2,4}[ /-]\d{3,4}[ -]?\d{3,5})(?![\w-])", is_phone),
)  # fmt: skip
"""
In the order in which they are looked for; an earlier one keeps what it has found.
"""
