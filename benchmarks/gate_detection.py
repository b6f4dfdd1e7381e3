"""
What the data gate finds of defects that were put in: recall and precision.

    python -m benchmarks.gate_detection ../shared/data > benchmarks/gate_detection.md

Each defect is put into each set at a known rate, into rows drawn by a fixed seed.  A
row counts as found when the finding of that defect names it.  What the set had before
(its own copies, say) is found without any defect put in, and is not counted.

The last defect puts "Sure! " before an answer, a fence around it, or a brace before it.
In the two sets whose answers are free text the first of these is free text as well, and
cannot be told by its form: that is what is missing there.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from benchmarks._gate_chats import make
from benchmarks._gate_defects import DEFECTS, Defect, Row, answered, question, renamed
from suffice.brief import Brief
from suffice.data import noise
from suffice.data.examining import examine
from suffice.data.reading import read_examples
from suffice.data.splitting import strata
from suffice.data.twins import THRESHOLD, find_twins

SETS = ("banking77_10", "snips_json", "insurance_tickets", "gsm8k", "xquad_rag")
RATES = (0.01, 0.05, 0.2)


@dataclass
class Score:
    """Counts over all sets."""

    put_in: int = 0
    found: int = 0
    wrong: int = 0

    @property
    def recall(self) -> float:
        return self.found / self.put_in if self.put_in else float("nan")

    @property
    def precision(self) -> float:
        n = self.found + self.wrong
        return self.found / n if n else float("nan")


def flagged(
    folder: Path, rows: Sequence[Row | str], test: Sequence[Row | str]
) -> Flags:
    """The rows that each flag of the gate names, by file and line."""
    brief = Brief(
        name="x",
        instructions="x",
        examples=write(folder / "train.jsonl", rows),
        test_examples=write(folder / "test.jsonl", test),
    )
    frame = examine(brief).frame
    names = ("duplicate", "conflict", "removed", "secret", "personal", "off_form")
    flags = {name: set(frame["where"][frame[name] == 1]) for name in names}
    near = (frame["near_duplicate"] == 1) | (frame["duplicate"] == 1)
    flags["near"] = set(frame["where"][near])
    flags["unusable"] = set(frame["where"][frame["usable"] == 0])
    return flags


Flags = dict[str, set[str]]


def write(path: Path, rows: Sequence[Row | str]) -> str:
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return str(path)


def load(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def try_defect(
    defect: Defect, rate: float, put: Set, folder: Path, score: Score
) -> None:
    """Put *defect* into a share of the rows and count what is named."""
    rng = Random(f"{defect.name} {rate}")
    n = len(put.train)
    dirty: list[Row | str] = [*put.train]
    asked: list[Row | str] = [*put.test]
    bad: set[str] = set()
    for i in sorted(rng.sample(range(n), max(1, round(rate * n)))):
        changed = defect.apply(put.train[i], rng)
        place = i + 1
        if defect.into_test:
            asked.append(changed)
        elif defect.appends:
            dirty.append(changed)
            place = len(dirty)
        else:
            dirty[i] = changed
        bad.add(f"{folder / 'train.jsonl'}:{place}")
    named = flagged(folder, dirty, asked)[defect.flag]
    named -= put.before[defect.flag] - bad
    score.put_in += len(bad)
    score.found += len(bad & named)
    score.wrong += len(named - bad)


@dataclass(frozen=True, kw_only=True)
class Set:
    """One data set as it is, and what the gate says of it."""

    name: str
    train: list[Row]
    test: list[Row]
    before: Flags


def load_set(folder: Path, name: str, scratch: Path) -> Set:
    train, test = (load(folder / name / f"{part}.jsonl") for part in ("train", "test"))
    before = flagged(scratch, [*train], [*test])
    return Set(name=name, train=train, test=test, before=before)


def drifted_rows(sets: list[Set], scratch: Path) -> Iterator[str]:
    """A key that is renamed from the middle of the set on: is it told?"""
    for put in sets:
        if not put.train[0]["messages"][-1]["content"].startswith("{"):
            continue
        for share in (0.0, 0.3, 0.6, 1.0):
            rng = Random(f"{put.name} {share}")
            rows: list[Row | str] = [*put.train]
            for i in range(len(rows) // 2, len(rows)):
                if rng.random() < share:
                    rows[i] = answered(put.train[i], renamed)
            brief = Brief(
                name="x",
                instructions="x",
                examples=write(scratch / "train.jsonl", rows),
            )
            drift = examine(brief).summary.numbers["form_drift"] or 0.0
            told = "yes" if drift > 0.2 else "no"
            yield f"| {put.name} | {share:.0%} | {drift:.2f} | {told} |"


def twin_row(scratch: Path, n: int = 4000) -> str:
    """Near twins by the index, and by comparing every pair."""
    make(scratch / "twins.jsonl", n)
    texts = [question(row)["content"] for row in load(scratch / "twins.jsonl")]
    found = find_twins(texts)
    ours = {i for i in range(n) if max(found.twin_of[i], found.copy_of[i]) >= 0}
    sets = [sequences(text) for text in texts]
    true = {
        i
        for i in range(n)
        if any(overlap(sets[i], sets[j]) >= THRESHOLD for j in range(i))
    }
    return (
        f"| {n:,} | {len(true)} | {len(true & ours) / len(true):.4f} "
        f"| {len(ours - true)} |"
    )


def sequences(text: str) -> frozenset[tuple[str, ...]]:
    words = text.casefold().split()
    return frozenset(zip(words, words[1:], words[2:], strict=False))


def overlap(a: frozenset[Any], b: frozenset[Any]) -> float:
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared)


def noise_rows(folder: Path) -> Iterator[str]:
    """How near the estimated rate of wrong labels is to the one put in."""
    for name in ("banking77_10", "snips_json"):
        rows = read_examples(str(folder / name / "train.jsonl")).examples
        texts = [row.question for row in rows]
        labels = strata(rows)
        names = sorted(set(labels))
        for rate in (0.0, 0.05, 0.1, 0.2, 0.3):
            rng = Random(f"{name} {rate}")
            noisy = list(labels)
            for i in rng.sample(range(len(noisy)), round(rate * len(noisy))):
                noisy[i] = rng.choice([n for n in names if n != noisy[i]])
            found = noise.estimate(texts, noisy)
            said = "not told"
            if found:
                said = f"{found.rate:.1%} ({found.low:.1%} to {found.high:.1%})"
            yield f"| {name} | {len(rows)} | {rate:.0%} | {said} |"


def main(folder: Path) -> None:
    print((__doc__ or "").strip(), "\n")
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        sets = [load_set(folder, s, scratch) for s in SETS]
        print("| defect | rate | put in | recall | precision |")
        print("| --- | ---: | ---: | ---: | ---: |")
        for defect in DEFECTS:
            for rate in RATES:
                score = Score()
                for put in sets:
                    try_defect(defect, rate, put, scratch, score)
                print(
                    f"| {defect.name} | {rate:.0%} | {score.put_in} "
                    f"| {score.recall:.3f} | {score.precision:.3f} |",
                    flush=True,
                )
        print("\n| set | key renamed in the second half | drift | told |")
        print("| --- | ---: | ---: | --- |")
        for line in drifted_rows(sets, scratch):
            print(line, flush=True)
        print("\n| made-up chats | rows with an earlier twin | recall | false |")
        print("| ---: | ---: | ---: | ---: |")
        print(twin_row(scratch), flush=True)
    print("\n| set | rows | wrong labels put in | estimated (interval) |")
    print("| --- | ---: | ---: | ---: |")
    for line in noise_rows(folder):
        print(line, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
