"""By which signals a command that runs until it is told to stop is told so."""

from __future__ import annotations

import signal

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def stop_by_signals() -> None:
    """
    A service manager's SIGTERM stops as Ctrl-C does.

    So does SIGINT where a shell that began this in the background has it ignored.
    """
    for number in _SIGNALS:
        signal.signal(number, signal.default_int_handler)


def stop_in_peace() -> None:
    """A second Ctrl-C, from somebody in a hurry, would leave servers behind."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
