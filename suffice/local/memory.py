"""How this process asks the C library for memory, where that is glibc."""

from __future__ import annotations

import ctypes

_library = ctypes.CDLL(None)
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Numbers of what ``mallopt`` sets, from ``malloc.h``."""
_MB = 2**20


def reuse_large_pieces(*, kept_mb: int = 256) -> None:
    """
    Keep pieces of up to 32 MB for the next use instead of returning each at once.

    With every token all that was kept of a prompt is copied into new memory, with
    every step of training there are gradients of all weights, and memory fresh from
    the system is cleared page by page.  Of what is free, *kept_mb* stay (at most
    2047).  Called once, before there are threads.
    """
    mallopt = getattr(_library, "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, 32 * _MB)
        mallopt(_TRIM_THRESHOLD, kept_mb * _MB)
        # In pieces of one heap each, what is free would add up to gigabytes.
        mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """
    Return what is free to the system.

    The C library keeps it otherwise, in ever more pieces: gigabytes in minutes.
    """
    trim = getattr(_library, "malloc_trim", None)
    if trim is not None:
        trim(0)
