"""The ways of answering that `benchmarks.serving_speed` compares, in this process."""

from __future__ import annotations

import json
import os
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from suffice.local.asks import Ask
from suffice.local.engine import Engine
from suffice.local.render import END, render
from suffice.local.tokens import Tokens
from suffice.local.weights import BASES, load_torch

BASE = next(iter(BASES))
BRIEF, DATA = Path("examples/support/brief.yaml"), Path("examples/support/test.jsonl")
N_NEW, BATCH = 32, 16
CASES = ("long", "short")
WAYS = ("alone", "suffice", "ctranslate2", "transformers")

Answering = Callable[[Sequence[Ask]], list[str]]


def measured(folder: Path, way: str, case: str, *, n: int) -> dict[str, float]:
    """Figures of one way; loading and the first answer are not timed."""
    ready = {
        "alone": _alone,
        "suffice": _suffice,
        "ctranslate2": _ctranslate2,
        "transformers": _transformers,
    }[way]
    tokens = Tokens(folder / "ct2")
    first, *asks = _asks(tokens, case, n + 1)
    answer = ready(folder, tokens)
    answer([first])
    wall, cpu = time.perf_counter(), time.process_time()
    answer(asks)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {"per_s": n / wall, "cpu_s": cpu / n, "peak_gb": peak}


def _asks(tokens: Tokens, case: str, n: int) -> list[Ask]:
    brief = yaml.safe_load(BRIEF.read_text(encoding="utf-8"))
    told = brief["instructions" if case == "long" else "tuning"]
    system = told if case == "long" else told["instructions"]
    lines = DATA.read_text(encoding="utf-8").splitlines()[:n]
    chats = [json.loads(line)["messages"][-2:-1] for line in lines]
    prefix = render([{"role": "system", "content": system}], tokens, False)
    return [
        Ask(
            model=BASE,
            prefix=tuple(prefix),
            suffix=tuple(render(chat, tokens, True)),
            max_tokens=N_NEW,
        )
        for chat in chats
    ]


def _suffice(folder: Path, tokens: Tokens) -> Answering:
    engine = Engine(lambda _: folder / "ct2")
    engine.start()

    def answer(asks: Sequence[Ask]) -> list[str]:
        return [f.result().text for f in [engine.ask(ask) for ask in asks]]

    return answer


def _alone(folder: Path, tokens: Tokens) -> Answering:
    return _generating(folder, tokens, n_threads=1, batch=1)


def _ctranslate2(folder: Path, tokens: Tokens) -> Answering:
    return _generating(folder, tokens, n_threads=os.cpu_count() or 1, batch=BATCH)


def _generating(
    folder: Path, tokens: Tokens, *, n_threads: int, batch: int
) -> Answering:
    import ctranslate2

    generator = ctranslate2.Generator(
        str(folder / "ct2"), compute_type="int8", intra_threads=n_threads
    )

    def answer(asks: Sequence[Ask]) -> list[str]:
        found = generator.generate_batch(
            [tokens.names(list(ask.prompt)) for ask in asks],
            include_prompt_in_result=False,
            end_token=[END],
            max_length=N_NEW,
            sampling_topk=1,
            max_batch_size=batch,
        )
        return [tokens.text(result.sequences_ids[0]) for result in found]

    return answer


def _transformers(folder: Path, tokens: Tokens) -> Answering:
    import torch

    model: Any
    model, tokenizer = load_torch(folder / "hf")
    tokenizer.padding_side = "left"

    def some(asks: Sequence[Ask]) -> list[str]:
        padded = tokenizer.pad(
            {"input_ids": [list(ask.prompt) for ask in asks]}, return_tensors="pt"
        )
        with torch.no_grad():
            made = model.generate(
                **padded,
                max_new_tokens=N_NEW,
                do_sample=False,
                eos_token_id=tokens.convert_tokens_to_ids(END),
                pad_token_id=tokenizer.pad_token_id,
            )
        length = padded["input_ids"].shape[1]
        return [tokens.text(ids[length:].tolist()) for ids in made]

    def answer(asks: Sequence[Ask]) -> list[str]:
        # Neighbours in length together, as it is usually done.
        order = sorted(range(len(asks)), key=lambda i: len(asks[i].prompt))
        found: dict[int, str] = {}
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            answers = some([asks[i] for i in part])
            found |= dict(zip(part, answers, strict=True))
        return [found[i] for i in range(len(asks))]

    return answer
