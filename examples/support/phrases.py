"""The hand-written parts: read, dealt to training and test, and drawn from."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from pathlib import Path

FILES = Path(__file__).parent / "parts"
TEST_SHARE = 0.35
"""Share of the problems, and of the free sentences, that the test set gets."""

FREE_SHARE = 0.15
"""Share of the impacts that are said in words of their own."""

Groups = dict[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the messages of one split are composed from."""

    problems: Groups
    impacts: Groups
    remarks: Groups
    places: Groups
    rng: random.Random
    decks: Groups = field(default_factory=dict)
    """What is left of each group before it is shuffled and dealt anew."""

    def draw(self, groups: Groups, key: str) -> str:
        """The next of a group; each comes up once before any comes up again."""
        deck = self.decks.setdefault(key, [])
        if not deck:
            deck.extend(groups[key])
            self.rng.shuffle(deck)
        return deck.pop()

    def impact(self, key: str) -> str:
        """A sentence on the impact, its gaps filled; mostly one of the usual ones."""
        kind = "free" if self.rng.random() < FREE_SHARE else "usual"
        sentence = self.draw(self.impacts, f"{key} {kind}")
        return re.sub(r"\[(\w+)\]", lambda gap: self._fill(gap[1]), sentence)

    def _fill(self, gap: str) -> str:
        return self.rng.choice(self.impacts[gap][0].split("; "))


def read_parts(split: str, seed: int) -> Parts:
    """
    What *split* (train or test) may use.

    Each problem and each free sentence on an impact goes to one of the two.
    """
    problems = read_groups(FILES / "problems.txt")
    impacts = read_groups(FILES / "impacts.txt")
    free = {key: lines for key, lines in impacts.items() if key.endswith(" free")}
    return Parts(
        problems=deal(problems, split, seed),
        impacts=impacts | deal(free, split, seed),
        remarks=read_groups(FILES / "remarks.txt"),
        places=read_places(split),
        rng=random.Random(f"{seed} {split}"),
    )


def read_groups(path: Path) -> Groups:
    """Lines of a parts file by their ``## heading``; ``# `` lines are comments."""
    groups: Groups = {}
    heading = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
            groups[heading] = []
        elif line and not line.startswith("#"):
            groups[heading].append(line)
    return groups


def deal(groups: Groups, split: str, seed: int) -> Groups:
    """The lines of each group that belong to *split*, in a seeded order."""
    rng = random.Random(seed)
    dealt: Groups = {}
    for key, lines in groups.items():
        order = rng.sample(lines, len(lines))
        n_test = round(len(lines) * TEST_SHARE)
        dealt[key] = order[:n_test] if split == "test" else order[n_test:]
    return dealt


def read_places(split: str) -> Groups:
    """Paths, SDKs and pages that *split* may name, by kind (``auth page``...)."""
    places: Groups = {}
    for key, lines in read_groups(FILES / "places.txt").items():
        kind, which = key.rsplit(" ", 1)
        if which in ("both", split):
            separator = None if kind == "path" else ", "
            places.setdefault(kind, []).extend(lines[0].split(separator))
    return places
