"""How numbers and candidates are written: the same everywhere a verdict is shown."""

from __future__ import annotations

import math

from suffice.results import Measured

_FEW = 30


def dollars(usd: float | None) -> str:
    """
    Dollars as people write them: cents from one dollar on, three digits below.

    >>> dollars(1234.5), dollars(0.2), dollars(0.001234), dollars(0.0), dollars(None)
    ('$1,234.50', '$0.20', '$0.00123', '$0', 'unknown')
    """
    if usd is None:
        return "unknown"
    if math.isinf(usd):
        return "never"
    if usd == 0:
        return "$0"
    if abs(usd) >= 1:
        return f"${usd:,.2f}"
    whole, _, cents = digits(usd).partition(".")
    return f"${whole}.{cents:0<2}"


def digits(value: float, significant: int = 3) -> str:
    """
    A number to so many significant digits, with separators and no exponent.

    >>> digits(411_987.3), digits(0.000123456), digits(12.0)
    ('412,000', '0.000123', '12')
    """
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    places = significant - 1 - math.floor(math.log10(abs(value)))
    text = f"{round(value, places):,.{max(places, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def count(value: float) -> str:
    """A whole number with separators."""
    return f"{round(value):,}"


def months(value: float) -> str:
    """Months in words; infinite is *never*."""
    return "never" if math.isinf(value) else f"{digits(value)} months"


def latencies(measured: Measured, places: int = 2) -> str:
    """
    Seconds within which 50, 95 and 99 % of the answers came; "-" where none was timed.

    A measurement of an earlier version has no third one.
    """
    known = (measured.latency_p50_s, measured.latency_p95_s, measured.latency_p99_s)
    told = [f"{s:.{places}f}" for s in known if s is not None]
    return " / ".join(told) or "-"


def first_token(measured: Measured) -> str:
    """Seconds to the first token of half of the answers; "-" where it was not timed."""
    return "-" if measured.ttft_p50_s is None else f"{measured.ttft_p50_s:.2f}"


def seen(measured: Measured) -> str:
    """Quality with its interval and the number of examples behind it."""
    early = measured.n + measured.n_missing < measured.n_available
    return (
        f"{measured.quality:.2f} ({measured.quality_low:.2f} to "
        f"{measured.quality_high:.2f}, n = {measured.n} of {measured.n_available}"
        f"{', stopped early' if early else ''})"
    )


def ruled(measured: Measured) -> str:
    """
    What is known of a candidate, in one sentence.

    Where it was given up after few examples the dev examples said so too, and are
    named.  An inconclusive one says how many more examples it needs.

    >>> known = dict(rung="few-shot", name="few-shot", model="m", candidate_key="k")
    >>> ends = dict(n=180, n_available=500, quality=0.91, quality_low=0.88,
    ...     quality_high=0.94, usd_per_request=0.0)
    >>> ruled(Measured(ruling="passed", **known, **ends))
    'few-shot passes: 0.91 (0.88 to 0.94, n = 180 of 500, stopped early)'
    """
    verb = {
        "passed": "passes",
        "failed": "fails",
        "inconclusive": "is inconclusive",
    }[measured.ruling]
    text = f"{measured.name} {verb}: {seen(measured)}"
    if measured.ruling == "inconclusive" and measured.n_more:
        text += f"; {measured.n_more:,} more examples needed"
    if measured.n < _FEW and measured.dev_quality is not None:
        text += f"; on dev {measured.dev_quality:.2f}, n = {measured.dev_n}"
    return text


def label(measured: Measured) -> str:
    """A candidate in a sentence, such as ``few-shot on gpt-6-luna``."""
    if measured.rung == "floor":
        return f"{measured.model} without an LLM"
    return f"{measured.rung} on {measured.model}"


def with_rung(rung: str, name: str) -> str:
    """
    A candidate's name with its rung, by which sentences and figures call it.

    >>> with_rung("optimised-prompt", "definitions"), with_rung("rag", "rag, k = 4")
    ('optimised-prompt: definitions', 'rag, k = 4')
    """
    said = name.replace(" ", "-").startswith(rung)
    return name if said else f"{rung}: {name}"


def called(model: str) -> str:
    """
    A model in a narrow place: a tuned one by its base, others as they are.

    >>> called("ft:smollm2:local:support:65b516a7"), called("gpt-6-luna")
    ('ft:smollm2', 'gpt-6-luna')
    """
    return ":".join(model.split(":")[:2]) if model.startswith("ft:") else model
