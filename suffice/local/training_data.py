"""Turns the chats of a training file into samples for the trainer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from suffice.local.batches import Sample
from suffice.local.preference_file import parse_preferences
from suffice.local.preferring import Pair
from suffice.local.render import Tokenizer, turns
from suffice.local.training_file import Chat, bad_line, parse


def read_samples(
    path: Path, tokenizer: Tokenizer, *, context_tokens: int, min_examples: int
) -> list[Sample]:
    """
    The samples of a training file, in its order.

    Raises BadTrainingFileError for a bad file, or for an example longer than the
    context: cutting it would teach an answer without its end.
    """
    text = path.read_bytes()
    samples = [sample(c, tokenizer) for c in parse(text, min_examples=min_examples)]
    _check_lengths(text, [len(one.ids) for one in samples], context_tokens)
    return samples


def read_pairs(
    path: Path, tokenizer: Tokenizer, *, context_tokens: int, min_examples: int
) -> list[Pair]:
    """The pairs of a file of preferences; raises as `read_samples` does."""
    text = path.read_bytes()
    pairs = [
        Pair(preferred=sample(p.preferred, tokenizer), other=sample(p.other, tokenizer))
        for p in parse_preferences(text, min_examples=min_examples)
    ]
    longest = [max(len(p.preferred.ids), len(p.other.ids)) for p in pairs]
    _check_lengths(text, longest, context_tokens)
    return pairs


def _check_lengths(text: bytes, lengths: Sequence[int], context_tokens: int) -> None:
    lines = [i for i, line in enumerate(text.split(b"\n"), 1) if line.strip()]
    for line, length in zip(lines, lengths, strict=True):
        if length > context_tokens:
            raise bad_line(
                line,
                f"has {length} tokens; this model takes at most {context_tokens}",
            )


def sample(chat: Chat | Sequence[dict[str, object]], tokenizer: Tokenizer) -> Sample:
    """The token ids of a chat; learned is what the assistant says, and its end."""
    ids: list[int] = []
    learned: list[bool] = []
    for turn in turns(chat, tokenizer):
        ids += turn.ids
        learned += [False] * len(turn.head)
        learned += [turn.learned] * len(turn.body)
        learned += [False] * len(turn.tail)
    # What follows the last learned token teaches nothing.
    end = len(learned) - learned[::-1].index(True)
    return Sample(ids=tuple(ids[:end]), learned=tuple(learned[:end]))
