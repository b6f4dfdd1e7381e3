"""The names that rungs and models go by in published tables."""

from __future__ import annotations

import re

from suffice.economics.rungs import RUNGS

_RUNGS = {
    "random": "few-shot",
    "icl": "few-shot",
    "in-context": "few-shot",
    "0-shot": "zero-shot",
    "zeroshot": "zero-shot",
    "prompt": "zero-shot",
    "prompting": "zero-shot",
    "baseline": "zero-shot",
    "fewshot": "few-shot",
    "retrieved": "retrieved-few-shot",
    "dynamic-few-shot": "retrieved-few-shot",
    "knn-few-shot": "retrieved-few-shot",
    "retrieval-few-shot": "retrieved-few-shot",
    "cot": "chain-of-thought",
    "optimized-prompt": "optimised-prompt",
    "prompt-optimisation": "optimised-prompt",
    "prompt-optimization": "optimised-prompt",
    "retrieval": "rag",
    "no-llm": "floor",
    "classical": "floor",
    "tuned": "fine-tuned",
    "fine-tune": "fine-tuned",
    "fine-tuning": "fine-tuned",
    "finetuned": "fine-tuned",
    "finetune": "fine-tuned",
    "finetuning": "fine-tuned",
    "ft": "fine-tuned",
    "sft": "fine-tuned",
    "lora": "fine-tuned",
    "qlora": "fine-tuned",
    "distilled": "fine-tuned",
}
_JOINED = re.compile(r"[-\s]*(?:\+|&|\band\b|\bwith\b)[-\s]*")
_N_SHOT = re.compile(r"[1-9]\d*-shots?")


def rung_of(text: str) -> str | None:
    """
    The rung a table means; ``None`` where nobody can tell.

    >>> rung_of("RAG + LoRA"), rung_of("5-shot"), rung_of("Dynamic few_shot")
    ('fine-tuned-rag', 'few-shot', 'retrieved-few-shot')
    """
    parts = {_one(part) for part in _JOINED.split(text.strip().lower()) if part}
    if len(parts) == 1:
        return parts.pop()
    if parts == {"rag", "fine-tuned"}:
        return "fine-tuned-rag"
    return None


def _one(text: str) -> str | None:
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if name in RUNGS:
        return name
    if _N_SHOT.fullmatch(name):
        return "few-shot"
    if name in ("rag-ft", "ft-rag", "rag-fine-tuned", "rag-finetuned"):
        return "fine-tuned-rag"
    return _RUNGS.get(name)


def model_for(text: str, rung: str) -> str:
    """
    The model of one rung, where a cell names one for each.

    >>> model_for("T0-11B zero-shot; GPT-3 175B few-shot", "few-shot")
    'GPT-3 175B'
    """
    for part in text.split(";"):
        named = part.strip()
        if named.lower().endswith(" " + rung):
            return named[: -len(rung)].strip()
    return text.strip()


def priced_names(model: str) -> tuple[str, ...]:
    """
    What the price book may call a model, the remark in brackets left out.

    >>> priced_names("GPT-5 nano (zero-shot)")
    ('GPT-5 nano (zero-shot)', 'GPT-5 nano', 'gpt-5-nano')
    """
    bare = re.sub(r"\s*\(.*\)", "", model).strip()
    return tuple(dict.fromkeys((model, bare, bare.lower().replace(" ", "-"))))
