"""
Compose the support messages from the hand-written parts beside this file.

    python examples/support/make.py            # writes train.jsonl and test.jsonl

A message is a problem, mostly an impact, and sometimes an opening, a remark and a
closing.  The answer follows from the problem (category, next step, where) and from
the impact (severity) by the rules of the brief.  The messages of ``parts/whole.txt``
were written as they are and are copied.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from phrases import FILES, Parts, read_parts

SEED = 11
TWIN = 0.4
"""Messages are redrawn while as like as this to another one (0 to 1)."""

Trigrams = frozenset[tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Message:
    """One support message and the answer wanted for it."""

    text: str
    category: str
    severity: str
    next_step: str
    where: str | None
    style: str

    @property
    def answer(self) -> str:
        """One line of JSON, in the order that the brief gives."""
        fields = {
            "category": self.category,
            "next_step": self.next_step,
            "severity": self.severity,
            "where": self.where,
        }
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def impact_of(parts: Parts, problem: str, step: str, severity: str) -> str:
    """What the writer says about the impact; empty where nothing is said."""
    category, next_step = step.split()
    chance = parts.rng.random()
    if next_step == "send_docs":
        # A question stays low, also when the writer names a date.
        if chance < 0.35:
            return fitting(parts, "!", "low any" if chance < 0.15 else "medium any")
        return ""
    if severity == "medium" and chance < 0.1:
        return ""
    group = "billing" if category == "billing" else "any"
    return fitting(parts, problem, f"{severity} {group}")


def fitting(parts: Parts, problem: str, key: str) -> str:
    """An impact that can be said of the problem."""
    while True:
        impact = parts.impact(key)
        if impact.startswith("!") or not problem.startswith("!"):
            return impact.removeprefix("! ")


def place_of(parts: Parts, problem: str, category: str) -> str | None:
    """What goes into the gap of the problem; ``None`` where it has none."""
    kinds = {"{p}": "path", "{s}": "sdk", "{g}": f"{category} page"}
    for gap, kind in kinds.items():
        if gap in problem:
            return parts.draw(parts.places, kind)
    return None


def aside_of(parts: Parts, problem: str, category: str, place: str | None) -> str:
    """A remark on something that is not the problem; mostly none."""
    chance = parts.rng.random()
    if "{p}" in problem and chance < 0.15:
        paths = parts.places["path"]
        other = parts.rng.choice([p for p in paths if p != place])
        return parts.draw(parts.remarks, "aside path").replace("{p}", other)
    if chance < 0.25:
        about = parts.rng.choice(["auth", "limits", "webhooks", "billing", "outage"])
        if about != category:
            return parts.draw(parts.remarks, f"aside {about}")
    if chance < 0.35:
        return parts.draw(parts.remarks, "context")
    return ""


def mistype(text: str, keep: str | None, rng: random.Random) -> str:
    """*text* with a slip in two or three of its longer words, never in *keep*."""
    kept = set((keep or "").split())
    words = text.split(" ")
    able = [i for i, w in enumerate(words) if w.isalpha() and len(w) > 4]
    able = [i for i in able if words[i] not in kept]
    for i in rng.sample(able, min(len(able), rng.choice([2, 3]))):
        word, at = words[i], rng.randrange(1, len(words[i]) - 2)
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        shorter = word[:at] + word[at + 1 :]
        words[i] = rng.choice([swapped, shorter])
    return " ".join(words)


def joined(sentences: Sequence[str]) -> str:
    """Sentences in a row, each with its stop."""
    return " ".join(s if s[-1] in ".!?,:" else f"{s}." for s in sentences if s)


def compose(parts: Parts, step: str, problem: str, severity: str) -> Message:
    """One message about *problem*, in a style of its own."""
    rng, (category, next_step) = parts.rng, step.split()
    place = place_of(parts, problem, category)
    impact = impact_of(parts, problem, step, severity)
    if rng.random() < 0.8:
        impact = impact[:1].upper() + impact[1:]
    aside = aside_of(parts, problem, category, place)
    said = re.sub(r"\{[psg]\}", lambda _: place or "", problem).removeprefix("! ")
    body = [said, impact] if rng.random() < 0.7 else [impact, said]
    body.insert(rng.choice([1, 2]), aside)
    opening = parts.draw(parts.remarks, "opening") if rng.random() < 0.35 else ""
    closing = parts.draw(parts.remarks, "closing") if rng.random() < 0.22 else ""
    text = joined([*body, closing])
    if opening:
        text = opening + rng.choice([" ", " ", "\n"]) + text
    style = rng.choices(["plain", "lower", "typos"], [0.75, 0.15, 0.1])[0]
    if style == "lower":
        text, place = text.lower(), place and place.lower()
    if style == "typos":
        text = mistype(text, place, rng)
    return Message(
        text=text,
        category=category,
        severity=severity,
        next_step=next_step,
        where=place,
        style=style,
    )


def whole(split: str) -> Iterator[Message]:
    """The messages of *split* that were written as a whole."""
    for line in (FILES / "whole.txt").read_text("utf-8").splitlines():
        if not line.startswith(f"{split} "):
            continue
        label, text = line.split(" | ", 1)
        _, category, severity, next_step, place = label.split(" ", 4)
        yield Message(
            text=text,
            category=category,
            severity=severity,
            next_step=next_step,
            where=None if place == "null" else place,
            style="whole",
        )


def trigrams(text: str) -> Trigrams:
    """Runs of three words, for telling near twins."""
    words = re.findall(r"\w+", text.lower())
    return frozenset(zip(words, words[1:], words[2:], strict=False))


def likeness(a: Trigrams, b: Trigrams) -> float:
    """Shared part of two messages' word trigrams (Jaccard), 0 to 1."""
    return len(a & b) / max(1, len(a | b))


def outlines(parts: Parts) -> Iterator[tuple[str, str, str]]:
    """Step, problem and severity of every message to compose."""
    severities: list[str] = []
    for step, problems in parts.problems.items():
        for problem in problems:
            if not severities:
                severities = ["high"] * 4 + ["medium"] * 4 + ["low"] * 3
                parts.rng.shuffle(severities)
            docs = step.endswith("send_docs")
            yield step, problem, "low" if docs else severities.pop()


def messages(split: str, seen: list[Trigrams]) -> list[Message]:
    """All messages of *split*, none a near twin of one in *seen*, which grows."""
    parts = read_parts(split, SEED)
    made = list(whole(split))
    seen.extend(trigrams(m.text) for m in made)
    for step, problem, severity in outlines(parts):
        message = compose(parts, step, problem, severity)
        while any(likeness(trigrams(message.text), s) >= TWIN for s in seen):
            message = compose(parts, step, problem, severity)
        seen.append(trigrams(message.text))
        made.append(message)
    parts.rng.shuffle(made)
    return made


def lines(split: str, made: Sequence[Message]) -> Iterator[str]:
    """The JSONL lines of *made*, numbered."""
    for number, m in enumerate(made, 1):
        row = {
            "id": f"{split}-{number:03d}",
            "messages": [
                {"role": "user", "content": m.text},
                {"role": "assistant", "content": m.answer},
            ],
            "tags": {"step": m.next_step, "severity": m.severity, "style": m.style},
            "reviewed": True,
        }
        yield json.dumps(row, ensure_ascii=False)


def main() -> None:
    """Write train.jsonl and test.jsonl into the folder named, else this one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=Path(__file__).parent)
    into = parser.parse_args().into
    seen: list[Trigrams] = []
    for split in ("train", "test"):
        text = "\n".join(lines(split, messages(split, seen))) + "\n"
        (into / f"{split}.jsonl").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
