"""The base model these tests serve."""

from __future__ import annotations

BASE = "smollm2-135m-instruct"
