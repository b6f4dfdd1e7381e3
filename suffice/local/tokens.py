"""
Text to tokens and back for a served model, without transformers or torch.

`render` (the chat format) is shared with training; this only gives it the
tokenizer it asks for.
"""

from __future__ import annotations

from pathlib import Path

from tokenizers import Tokenizer

_UNFINISHED = "\N{REPLACEMENT CHARACTER}"


class Tokens:
    """The tokenizer in a model's folder."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        # Control tokens spelt out in a message are text, not control tokens.
        self._tokenizer.encode_special_tokens = True

    def encode(
        self, text: str, *, add_special_tokens: bool, split_special_tokens: bool
    ) -> list[int]:
        """Token ids of *text*; the flags are those `render` always passes."""
        if add_special_tokens or not split_special_tokens:
            raise ValueError("Served text is encoded without special tokens.")
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def convert_tokens_to_ids(self, tokens: str) -> int:
        """Id of one token."""
        found: int | None = self._tokenizer.token_to_id(tokens)
        if found is None:
            raise ValueError(f"The tokenizer has no token {tokens!r}.")
        return found

    def names(self, ids: list[int]) -> list[str]:
        """The tokens' names, which CTranslate2 takes as input."""
        return [str(self._tokenizer.id_to_token(i)) for i in ids]

    def text(self, ids: list[int]) -> str:
        """
        What *ids* say, control tokens left out.

        A character whose bytes are not all there yet at the end is left out too.
        """
        text: str = self._tokenizer.decode(ids, skip_special_tokens=True)
        return text.rstrip(_UNFINISHED)
