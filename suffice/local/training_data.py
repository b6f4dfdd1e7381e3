"""Turns the chats of a training file into samples for the trainer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from suffice.local.batches import Sample
from suffice.local.render import Tokenizer, turns
from suffice.local.training_file import BadTrainingFileError, Chat, parse


def read_samples(
    path: Path, tokenizer: Tokenizer, *, context_tokens: int, min_examples: int
) -> list[Sample]:
    """
    The samples of a training file, in its order.

    Raises BadTrainingFileError for a bad file, or for an example longer than the
    context: cutting it would teach an answer without its end.
    """
    text = path.read_bytes()
    chats = parse(text, min_examples=min_examples)
    samples = [sample(chat, tokenizer) for chat in chats]
    lines = [i for i, line in enumerate(text.split(b"\n"), 1) if line.strip()]
    for line, one in zip(lines, samples, strict=True):
        if len(one.ids) > context_tokens:
            raise BadTrainingFileError(
                code="invalid_training_file",
                message=f"Line {line} has {len(one.ids)} tokens; this model takes at "
                f"most {context_tokens}.",
                line=line,
            )
    return samples


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
