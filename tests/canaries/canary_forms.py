"""Secrets of many forms, each made once for each place, and a search for them."""

from __future__ import annotations

import base64
import gzip
import random
import string
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet


@dataclass(frozen=True, kw_only=True)
class Canary:
    """A secret that was planted, and the part of it that must be found nowhere."""

    form: str
    place: str
    text: str
    needle: str


def _token(rng: random.Random, n: int, letters: str = string.ascii_letters) -> str:
    drawn = "".join(rng.choices(letters + string.digits, k=n - 3))
    return f"{drawn[: n // 2]}7bQ{drawn[n // 2 :]}"


def planted(place: str) -> dict[str, Canary]:
    """Fourteen forms for this place, the same in every process."""
    rng = random.Random(f"canary {place}")

    def token(n: int, letters: str = string.ascii_letters) -> str:
        return _token(rng, n, letters)

    upper = _token(rng, 16, string.ascii_uppercase).upper()
    plain = {name: token(n) for name, n in _LENGTHS.items()}
    basic = base64.b64encode(f"robot:{token(18)}".encode()).decode().rstrip("=")
    texts = {
        "OpenAI sk-": (f"sk-{plain['sk']}", plain["sk"]),
        "OpenAI sk-proj-": (f"sk-proj-{plain['proj']}", plain["proj"]),
        "AWS access key": (f"AKIA{upper}", upper),
        "AWS secret": (f"aws_secret_access_key={plain['aws']}", plain["aws"]),
        "bearer": (f"Authorization: Bearer {plain['bearer']}", plain["bearer"]),
        "password in a URL": (
            f"postgresql://svc:{plain['url']}@db.internal:5432/app",
            plain["url"],
        ),
        "PEM": (
            "-----BEGIN RSA PRIVATE KEY-----\n"
            f"{plain['pem']}\n-----END RSA PRIVATE KEY-----",
            plain["pem"],
        ),
        "GitHub": (f"ghp_{plain['github']}", plain["github"]),
        "Slack": (f"xoxb-{plain['slack']}", plain["slack"]),
        "JWT": (f"eyJ{plain['a']}.eyJ{plain['b']}.{plain['c']}", plain["c"]),
        "Azure storage": (f"AccountKey={plain['azure']}==", plain["azure"]),
        "Azure api-key": (f"api-key: {plain['api']}", plain["api"]),
        "basic auth": (f"Authorization: Basic {basic}", basic),
        "prose": (f"the password is {plain['prose']}", plain["prose"]),
    }
    return {
        form: Canary(form=form, place=place, text=text, needle=needle)
        for form, (text, needle) in texts.items()
    }


_LENGTHS = {
    "sk": 40, "proj": 48, "aws": 40, "bearer": 32, "url": 20, "pem": 60, "github": 36,
    "slack": 30, "a": 20, "b": 30, "c": 30, "azure": 64, "api": 32, "prose": 16,
}  # fmt: skip


def found(needle: str, folders: list[Path]) -> list[str]:
    """Files under *folders* that hold the needle, also inside Parquet and gzip."""
    return sorted(
        str(path.relative_to(folder))
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and needle.encode() in read(path)
    )


_READ: dict[tuple[Path, float], bytes] = {}


def read(path: Path) -> bytes:
    """What stands in a file, with its columns and layers unpacked; read once."""
    key = (path, path.stat().st_mtime)
    if key not in _READ:
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content += str(pyarrow.parquet.read_table(path).to_pylist()).encode()
        if content[:2] == b"\x1f\x8b":
            content += gzip.decompress(content)
        _READ[key] = content
    return _READ[key]
