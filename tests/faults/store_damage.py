"""Damages stored answers in every way bytes can be damaged, and asks for them."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

from storage_acts import N_ANSWERS, answer_of, key_of
from tally import MET, Tally

from suffice.errors import SufficeError
from suffice.measuring.responses import ResponseStore

_COLUMNS = ("key", "body", "crc")
_RAW = (
    ArithmeticError,
    LookupError,
    MemoryError,
    OSError,
    TypeError,
    ValueError,
    sqlite3.Error,
)
KEYS = [key_of(number) for number in range(N_ANSWERS)]


def flipped(old: bytes, rng: random.Random) -> bytes:
    new = bytearray(old)
    for _ in range(rng.choice((1, 1, 2, 8))):
        new[rng.randrange(len(new))] ^= 1 << rng.randrange(8)
    return bytes(new)


def zeroed(old: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(old))
    stop = rng.randrange(start, len(old)) + 1
    return old[:start] + bytes(stop - start) + old[stop:]


def truncated(old: bytes, rng: random.Random) -> bytes:
    return old[: rng.randrange(len(old))]


Harm = Callable[[bytes, random.Random], bytes]
HARMS: tuple[Harm, ...] = (flipped, zeroed, truncated)


def _written(path: Path) -> None:
    with ResponseStore(path) as store:
        store.put_many((key, answer_of(n)) for n, key in enumerate(KEYS))


def _swapped(db: sqlite3.Connection, rng: random.Random) -> None:
    """One answer in the place of another, with all that belongs to it."""
    one, other = rng.sample([bytes.fromhex(key) for key in KEYS], 2)
    took = "SELECT body, crc FROM responses WHERE key = ?"
    body, crc = db.execute(took, (other,)).fetchone()
    put = "UPDATE responses SET body = ?, crc = ? WHERE key = ?"
    db.execute(put, (body, crc, one))


def _harmed(db: sqlite3.Connection, harm: Harm, rng: random.Random) -> None:
    """One value of one row."""
    key, column = bytes.fromhex(rng.choice(KEYS)), rng.choice(_COLUMNS)
    took = f"SELECT {column} FROM responses WHERE key = ?"
    old = db.execute(took, (key,)).fetchone()[0]
    if isinstance(old, int):
        new: object = int.from_bytes(harm(old.to_bytes(8, "big"), rng), "big") >> 1
    else:
        new = harm(old, rng)
    put = f"UPDATE OR IGNORE responses SET {column} = ? WHERE key = ?"
    db.execute(put, (new, key))


def damage(path: Path, rng: random.Random) -> str:
    """What was done to the store at *path*."""
    way = rng.choice(("row", "row", "file", "swap"))
    harm = rng.choice(HARMS)
    if way == "file":
        path.write_bytes(harm(path.read_bytes(), rng))
        return f"the file {harm.__name__}"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        if way == "swap":
            _swapped(db, rng)
            return "two answers exchanged"
        _harmed(db, harm, rng)
    return f"a value {harm.__name__}"


def answers_after_damage(path: Path) -> tuple[list[str], bool]:
    """What is wrong with what a damaged store says, and whether it told the damage."""
    found, told = [], False
    try:
        with ResponseStore(path) as store:
            for number, key in enumerate(KEYS):
                got = store.get(key)
                told = told or got is None
                if got is not None and got.text != answer_of(number).text:
                    found.append(f"a wrong answer to question {number}")
    except SufficeError as error:
        told = True
        if "\n" in str(error):
            found.append(f"no sentence: {error}")
    except _RAW as error:
        found.append(f"raised {error!r}")
    return found, told


def run_damages(
    n: int, *, seed: int, tell: Callable[[Tally], None] = lambda _: None
) -> Tally:
    """*n* damaged stores, each asked for all that was in it."""
    tally, rng = Tally(), random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.db"
        _written(sound)
        whole = sound.read_bytes()
        for number in range(n):
            path = Path(folder) / f"{number}.db"
            path.write_bytes(whole)
            what = damage(path, rng)
            found, told = answers_after_damage(path)
            tally.tried += 1
            tally.by_name[what] += 1
            tally.by_name[MET] += told
            tally.found += [(f"{what}, number {number}", v) for v in found]
            for part in Path(folder).glob(f"{number}.db*"):
                part.unlink()
            tell(tally)
    return tally
