"""Made-up chats: about 1.3 kB a row, 1 % exact copies, 2 % near copies, some e-mail."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from random import Random
from typing import Any

LETTERS = "abcdefghijklmnopqrstuvwxyz"


class _Speaker:
    """Says words that are as unevenly common as those of a language."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.words = [
            "".join(rng.choices(LETTERS, k=rng.randint(2, 10))) for _ in range(20_000)
        ]
        self.weights = list(
            itertools.accumulate(1 / (rank + 5) for rank in range(len(self.words)))
        )
        self.system = " ".join(rng.choices(self.words, k=40))

    def say(self, low: int, high: int) -> str:
        n = self.rng.randint(low, high)
        return " ".join(self.rng.choices(self.words, cum_weights=self.weights, k=n))

    def chat(self) -> dict[str, Any]:
        row = {"messages": [{"role": "system", "content": self.system}]}
        for _ in range(self.rng.choice((1, 1, 1, 2))):
            row["messages"] += [
                {"role": "user", "content": self.say(20, 110)},
                {"role": "assistant", "content": self.say(10, 60)},
            ]
        return row

    def near_copy(self, row: dict[str, Any]) -> dict[str, Any]:
        copy: dict[str, Any] = json.loads(json.dumps(row))
        said = copy["messages"][1]["content"].split()
        said[self.rng.randrange(len(said))] = "changed"
        copy["messages"][1]["content"] = " ".join(said)
        return copy


def make(path: Path, n: int) -> None:
    """Write *n* made-up chats."""
    rng = Random(1)
    speaker = _Speaker(rng)
    kept: list[dict[str, Any]] = []
    with path.open("w", encoding="utf-8") as file:
        for i in range(n):
            luck = rng.random()
            if kept and luck < 0.01:
                row = rng.choice(kept)
            elif kept and luck < 0.03:
                row = speaker.near_copy(rng.choice(kept))
            else:
                row = speaker.chat()
                if luck > 0.998:
                    row["messages"][1]["content"] += f" mail ann{i}@corp.io"
                kept += [row] if len(kept) < 20_000 else []
            file.write(json.dumps(row) + "\n")
