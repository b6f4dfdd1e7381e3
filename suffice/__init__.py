"""Prompt, retrieve or fine-tune? The cheapest rung that is provably good enough."""

__version__ = "0.1.0"
