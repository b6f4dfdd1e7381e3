"""How often a hosted job passes over its files, where the brief does not say. Pure."""

from __future__ import annotations

BILL_VALIDATION = ("together", "nebius")
"""
Providers that bill every look at the validation file, or do not say that they do not.

Together does: https://docs.together.ai/docs/fine-tuning/pricing.  Nebius' documentation
was found to be silent.  OpenAI, Azure and Fireworks bill the training file alone:
https://learn.microsoft.com/en-us/azure/foundry/fine-tuning/cost-management and
https://docs.fireworks.ai/faq/billing-pricing-usage/pricing/cost-structure.
"""


def hosted_epochs(n_examples: int) -> int:
    """
    Epochs for so many examples: 3, so that 100 to 25,000 are seen in all.

    It is the rule that OpenAI has published for what it chooses by itself
    (https://cookbook.openai.com/examples/chat_finetuning_data_prep); the defaults of
    the others are 3 (Nebius) and 1 (Together, Fireworks), whatever the number.

    >>> [hosted_epochs(n) for n in (10, 33, 34, 8_000, 10_000, 30_000)]
    [10, 3, 3, 3, 2, 1]
    """
    n = max(1, n_examples)
    if 3 * n < 100:
        return min(25, 100 // n)
    return min(3, max(1, 25_000 // n))


def validations(provider: str, epochs: int) -> int:
    """
    Looks at the validation file that *provider* may bill, one after each epoch.

    >>> validations("together", 3), validations("openai", 3)
    (3, 0)
    """
    return epochs if provider in BILL_VALIDATION else 0
