"""Exit codes: what a shell script may rely on."""

from __future__ import annotations

from suffice.errors import EnvironmentFailed, SufficeError, UnusableInput

VERDICT = 0
"""A verdict was reached, and something suffices."""
NOTHING_ACCEPTABLE = 1
"""The work ran and ended without an acceptable candidate."""
UNUSABLE_INPUT = 2
"""The brief, the examples or the budget cannot be used; nothing was spent."""
ENVIRONMENT_FAILED = 3
"""A server, a port, a store or the network failed; run it again to continue."""
INTERRUPTED = 130
"""Ctrl-C: run it again to continue."""


def code_of(error: SufficeError) -> int:
    """Exit code for *error*."""
    if isinstance(error, UnusableInput):
        return UNUSABLE_INPUT
    if isinstance(error, EnvironmentFailed | ConnectionError):
        return ENVIRONMENT_FAILED
    return NOTHING_ACCEPTABLE
