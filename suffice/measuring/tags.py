"""What the rungs are called elsewhere, so that people find what they know."""

from __future__ import annotations

from collections.abc import Mapping

from suffice.ladder import RungName

_PROMPTING = "prompt engineering"

TAGS: Mapping[RungName, tuple[str, ...]] = {
    "floor": ("no LLM",),
    "zero-shot": (_PROMPTING, "base-eval"),
    "structured-output": (_PROMPTING, "structured outputs"),
    "few-shot": ("few-shot prompting", "icl-eval"),
    "retrieved-few-shot": ("dynamic few-shot prompting", "icl-eval"),
    "chain-of-thought": (_PROMPTING, "chain of thought"),
    "optimised-prompt": (_PROMPTING, "icl-eval"),
    "rag": ("retrieval augmented generation", "RAG"),
    "fine-tuned": ("fine-tuning", "customized-eval"),
    "fine-tuned-few-shot": ("fine-tuning", "few-shot prompting", "customized-eval"),
    "fine-tuned-rag": ("fine-tuning", "RAG", "RAFT", "customized-eval"),
}
"""The article's three steps, and those of NVIDIA's data flywheel."""
