"""
Train, dev and test, so that no example nor a near twin of it is in two of them.

Examples that are near twins, or that share a ``cluster``, stay together.  Labels are
spread evenly as far as the groups allow.  The order of the test set is frozen by the
seed and the ids alone, so that adding an example moves no other.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from suffice.data.twins import Twins, find_twins
from suffice.examples import Example, Split

Part = Literal["train", "dev", "test", "removed"]

DEV_SHARE = 0.15
TEST_SHARE = 0.3
MAX_DEV = 100
"""Choices are made on dev again and again: more than this only costs."""
MAX_TEST = 1000
_FEW = 20
"""A value that takes no more forms than this can be spread evenly."""
_LARGEST: Mapping[Part, int] = {"test": 10, "dev": 3}
"""No group may be more than this part of what is wanted: few groups prove nothing."""
_LOOK = 1000
"""Answers by which most sets show that they take more forms."""


@dataclass(frozen=True, kw_only=True)
class Divided:
    """A split, and what became of each example: the given test first, then the rest."""

    split: Split
    parts: tuple[Part, ...]
    """``removed``: it would give away a test example."""
    gives_away: Mapping[int, int]
    """Index of each removed example, and of the test example it gives away."""


def split(
    examples: Sequence[Example],
    test: Sequence[Example] | None = None,
    *,
    seed: int,
    dev_share: float = DEV_SHARE,
    test_share: float = TEST_SHARE,
) -> Split:
    """The examples by purpose; see `divide` for what is left out."""
    everything = [*(test or ()), *examples]
    twins = find_twins([asked(e) for e in everything], n_first=len(test or ()))
    return divide(
        examples, test, twins, seed=seed, dev_share=dev_share, test_share=test_share
    ).split


def divide(
    examples: Sequence[Example],
    test: Sequence[Example] | None,
    twins: Twins,
    *,
    seed: int,
    dev_share: float = DEV_SHARE,
    test_share: float = TEST_SHARE,
    labels: Sequence[str] | None = None,
) -> Divided:
    """
    Split *examples*; *twins* speaks of *test* (where given) followed by them.

    A given *test* is used whole.  What is a twin of it, or shares a cluster with it,
    is removed from the others.  Shares are of *examples*; dev holds at most
    `MAX_DEV`, a test set that is split off at most `MAX_TEST`.  *labels* are the
    `strata` of both, where they are known already.
    """
    n_test = len(test or ())
    everything = [*(test or ()), *examples]
    leaks = _leaks(everything, n_test, twins)
    n = len(examples) - len(leaks)
    wanted: dict[Part, int] = {
        "test": 0 if n_test else min(round(test_share * n), MAX_TEST),
        "dev": min(round(dev_share * n), MAX_DEV),
    }
    groups = _groups(everything, n_test, leaks, twins)
    parts: list[Part] = [
        "test" if i < n_test else "removed" for i in range(len(everything))
    ]
    spread = strata(everything) if labels is None else labels
    for i, part in _deal(everything, groups, wanted, seed, spread).items():
        parts[i] = part
    split = _split(everything, parts, seed)
    return Divided(split=split, parts=tuple(parts), gives_away=leaks)


def _split(everything: Sequence[Example], parts: Sequence[Part], seed: int) -> Split:
    """The examples by their part; those to judge with in their frozen order."""
    chosen: dict[Part, list[Example]] = defaultdict(list)
    for part, example in zip(parts, everything, strict=True):
        chosen[part].append(example)

    def place(example: Example) -> tuple[str, str]:
        """Those of a cluster together: only so can it count as soon as it is over."""
        together = example.id if example.cluster is None else f"\0{example.cluster}"
        return _rank(seed, together), _rank(seed, example.id)

    order = sorted(chosen["test"], key=place)
    return Split(
        train=tuple(chosen["train"]), dev=tuple(chosen["dev"]), test=tuple(order)
    )


def asked(example: Example) -> str:
    """All that was said before the answer, without the system message."""
    said = []
    for message in example.messages:
        content = message.get("content")
        calls = message.get("tool_calls")
        said.append(str(content) if content else json.dumps(calls, sort_keys=True))
    return "\n".join(said)


def strata(examples: Sequence[Example]) -> list[str]:
    """
    What to spread evenly: the answer where it takes few forms, else the first value
    in the answer's JSON that does, else nothing.
    """
    few = min(_FEW, max(2, len(examples) // 5))
    answers = [" ".join(e.answer.casefold().split()) for e in examples[:_LOOK]]
    if len(set(answers)) <= few:
        answers += [" ".join(e.answer.casefold().split()) for e in examples[_LOOK:]]
        if len(set(answers)) <= few:
            return answers
    first = _fields(examples[0].answer) if examples else {}
    rows = [_fields(e.answer) for e in examples] if first else []
    for key in first:
        values = [str(row.get(key)) for row in rows]
        if 1 < len(set(values)) <= few:
            return values
    return [""] * len(examples)


def _fields(answer: str) -> dict[str, object]:
    try:
        value = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _groups(
    everything: Sequence[Example], n_test: int, leaks: Mapping[int, int], twins: Twins
) -> list[list[int]]:
    """Indices that must stay together: linked by twins, by cluster, or by both."""
    parent: dict[str, str] = {}

    def find(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    groups: dict[str, list[int]] = defaultdict(list)
    own = [f"twin {g}" for g in twins.group]
    for name, example in zip(own, everything, strict=True):
        if example.cluster is not None:
            a, b = sorted((find(name), find(f"cluster {example.cluster}")))
            parent[b] = a
    for i in range(n_test, len(everything)):
        if i not in leaks:
            groups[find(own[i])].append(i)
    return list(groups.values())


def _leaks(everything: Sequence[Example], n_test: int, twins: Twins) -> dict[int, int]:
    """Index of each example that gives away a test example, and that one's index."""
    owner: dict[str, int] = {}
    for i in range(n_test):
        cluster = everything[i].cluster
        if cluster is not None:
            owner.setdefault(cluster, i)
    leaks = {}
    for i in range(n_test, len(everything)):
        twin = twins.leak_of[i]
        if twin < 0:
            twin = owner.get(everything[i].cluster or "", -1)
        if twin >= 0:
            leaks[i] = twin
    return leaks


def _rank(seed: int, name: str) -> str:
    """A random but repeatable place in the order."""
    return hashlib.sha256(f"{seed}\0{name}".encode()).hexdigest()


def _deal(
    everything: Sequence[Example],
    groups: list[list[int]],
    wanted: Mapping[Part, int],
    seed: int,
    stratum: Sequence[str],
) -> dict[int, Part]:
    """
    Groups to parts: stratum by stratum, each to the part that lags behind most.

    A group too big for the part that lags goes to train, which can take any.
    """
    total = sum(len(g) for g in groups)

    def order(group: list[int]) -> tuple[str, str]:
        if len(group) == 1:
            return stratum[group[0]], _rank(seed, everything[group[0]].id)
        common = Counter(stratum[i] for i in group).most_common(1)[0][0]
        return common, _rank(seed, min(everything[i].id for i in group))

    parts: dict[int, Part] = {}
    filled: Counter[Part] = Counter()
    dealt = 0
    for group in sorted(groups, key=order):
        dealt += len(group)
        lag = {p: n * dealt / total - filled[p] for p, n in wanted.items()}
        part = max(lag, key=lambda p: lag[p])
        if lag[part] < 0.5 or len(group) > max(1, wanted[part] // _LARGEST[part]):
            part = "train"
        filled[part] += len(group)
        parts |= dict.fromkeys(group, part)
    return parts
