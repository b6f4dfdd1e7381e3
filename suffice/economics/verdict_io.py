"""The verdict as JSON, to keep and to read back, and as Markdown, to show."""

from __future__ import annotations

from functools import cache

from pydantic import TypeAdapter, ValidationError

from suffice.economics.wording import called, dollars, first_token, latencies
from suffice.errors import UnusableInput
from suffice.results import Measured, Verdict

SCHEMA = 1
"""Version of the JSON; a file of another version is refused."""

_COLUMNS = (
    "rung",
    "model",
    "n",
    "quality (interval)",
    "$ per 1k requests",
    "p50 / p95 / p99 s",
    "first token s",
    "ruling",
)


def to_json(verdict: Verdict) -> str:
    """The whole verdict, measurements included."""
    return _adapter().dump_json(verdict, indent=2).decode()


def from_json(text: str | bytes) -> Verdict:
    """
    The verdict that ``to_json`` wrote.

    Raises ``UnusableInput`` for anything else, and for another schema version.
    """
    try:
        verdict = _adapter().validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the top"
        raise UnusableInput(
            f"This is no verdict of suffice: {first['msg']} at {where}. "
            "Run a climb to make one."
        ) from error
    if verdict.schema != SCHEMA:
        raise UnusableInput(
            f"This verdict has schema {verdict.schema!r}, and this version of suffice "
            f"reads {SCHEMA}: run the climb again."
        )
    return verdict


def to_markdown(verdict: Verdict) -> str:
    """The verdict, the ladder as a table, and the flip points."""
    lines = [f"# {verdict.name}: {_headline(verdict)}", "", verdict.text, ""]
    lines += [
        f"| {' | '.join(_COLUMNS)} |",
        "| --- | --- | ---: | --- | ---: | --- | --- | --- |",
    ]
    lines += [_row(m, verdict) for m in verdict.ladder] + _curve(verdict)
    for heading, said in (
        ("Why:", [*verdict.indicators, verdict.given_up, *verdict.reasons]),
        ("What would change it:", [flip.text for flip in verdict.flip_points]),
        ("What to buy next:", [step.text for step in verdict.next_steps]),
        ("Warnings:", verdict.warnings),
    ):
        told = [f"- {line}" for line in said if line]
        lines += ["", heading, "", *told] if told else []
    lines += ["", _footer(verdict)]
    return "\n".join(lines) + "\n"


def _curve(verdict: Verdict) -> list[str]:
    """Models tuned on parts of the examples, as a table; nothing without them."""
    if not verdict.learning_curve:
        return []
    return [
        "",
        "Learning curve, on dev:",
        "",
        "| examples tuned on | n | quality (interval) |",
        "| ---: | ---: | --- |",
        *(
            f"| {p.n_train:,} | {p.n} | {p.quality:.3f} ({p.quality_low:.3f} to "
            f"{p.quality_high:.3f}) |"
            for p in verdict.learning_curve
        ),
    ]


@cache
def _adapter() -> TypeAdapter[Verdict]:
    return TypeAdapter(Verdict)


def _headline(verdict: Verdict) -> str:
    if verdict.action == "run":
        return f"{verdict.rung} on {verdict.model}"
    return verdict.action.replace("-", " ")


def _row(m: Measured, verdict: Verdict) -> str:
    usd = None if m.usd_per_request is None else m.usd_per_request * 1000
    cells = [
        m.rung + (" (chosen)" if m.candidate_key == verdict.chosen else ""),
        called(m.model).replace("|", "\\|"),
        f"{m.n}",
        f"{m.quality:.3f} ({m.quality_low:.3f} to {m.quality_high:.3f})",
        dollars(usd),
        latencies(m),
        first_token(m),
        _ruling(m),
    ]
    return "| " + " | ".join(cells) + " |"


def _ruling(m: Measured) -> str:
    if m.ruling == "inconclusive" and m.n_more is not None:
        return f"inconclusive: {m.n_more:,} more examples"
    return m.ruling


def _footer(verdict: Verdict) -> str:
    gone = (
        f", model switched off on {verdict.shutdown_on}" if verdict.shutdown_on else ""
    )
    return (
        f"Decided on {verdict.decided_on} at prices of {verdict.prices_on}{gone}; "
        f"bar {verdict.bar:g}, margin {verdict.margin:g}, confidence "
        f"{verdict.confidence:g}; data {verdict.data_fingerprint[:12]}; "
        f"climb {verdict.climb_id}; spent {dollars(verdict.spent_usd)}."
    )
