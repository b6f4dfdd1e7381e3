"""
Does a tuned model answer alike as served (int8) and as trained (float32)?

    python -m benchmarks.served_agreement --root .suffice/local --model ft:...

Asks both the same questions, greedily, and compares the answers with the wanted
ones and with each other.  What counts is the score: a few answers differ in
wording, and right and wrong should balance.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ctranslate2
import torch

from suffice.local.model_store import ModelStore
from suffice.local.render import render
from suffice.local.weights import load_torch

DATA = Path("examples/support/test.jsonl")
N_NEW = 96
BATCH = 16


def main() -> None:
    """Compare the answers to the questions of a chat file; print the counts."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.served_agreement")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument(
        "--data", type=Path, default=Path("examples/support/test.jsonl")
    )
    parser.add_argument("--examples", type=int, default=100)
    asked = parser.parse_args()
    lines = asked.data.read_text(encoding="utf-8").splitlines()[: asked.examples]
    chats = [json.loads(line)["messages"] for line in lines]
    store = ModelStore(asked.root)
    model, tokenizer = _as_trained(store, asked.model, asked.root)
    prompts = [render(chat[:-1], tokenizer, True) for chat in chats]
    wanted = [chat[-1]["content"] for chat in chats]
    trained = _in_float32(model, tokenizer, prompts)
    served = _in_int8(store.ct2(asked.model), tokenizer, prompts)
    _print(wanted, trained, served)


def _print(wanted: list[str], trained: list[str], served: list[str]) -> None:
    n = len(wanted)
    same = sum(t == s for t, s in zip(trained, served, strict=True))
    right = [
        [a == w for a, w in zip(x, wanted, strict=True)] for x in (trained, served)
    ]
    agree = sum(t == s for t, s in zip(*right, strict=True))
    print("| n | float32 exact | int8 exact | same answer | same score |")
    print("| --- | --- | --- | --- | --- |")
    print(f"| {n} | {sum(right[0])} | {sum(right[1])} | {same} | {agree} |")


def _as_trained(store: ModelStore, name: str, root: Path) -> tuple[Any, Any]:
    from peft import PeftModel

    stored = store.get(name)
    if stored is None:
        raise SystemExit(f"There is no model {name!r} under {root}.")
    base: Any
    base, tokenizer = load_torch(root / "bases" / stored.base / "hf")
    adapted = PeftModel.from_pretrained(base, store.folder(name) / "adapter")
    return adapted.merge_and_unload(), tokenizer


def _in_float32(model: Any, tokenizer: Any, prompts: Sequence[list[int]]) -> list[str]:
    answers = []
    for prompt in prompts:
        ids = torch.tensor([prompt])
        with torch.no_grad():
            made = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=N_NEW,
                do_sample=False,
                pad_token_id=tokenizer.eos_token_id,
            )
        answers.append(_text(tokenizer, made[0, len(prompt) :].tolist()))
    return answers


def _in_int8(folder: Path, tokenizer: Any, prompts: Sequence[list[int]]) -> list[str]:
    engine = ctranslate2.Generator(str(folder), compute_type="int8")
    found = engine.generate_batch(
        [tokenizer.convert_ids_to_tokens(prompt) for prompt in prompts],
        max_batch_size=BATCH,
        max_length=N_NEW,
        sampling_topk=1,
        include_prompt_in_result=False,
    )
    return [_text(tokenizer, result.sequences_ids[0]) for result in found]


def _text(tokenizer: Any, ids: list[int]) -> str:
    return str(tokenizer.decode(ids, skip_special_tokens=True)).strip()


if __name__ == "__main__":
    main()
