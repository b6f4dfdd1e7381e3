"""The verdict in sentences; every number in them comes from the measurements."""

from __future__ import annotations

from collections.abc import Sequence

from suffice.economics.choice import Choice, Standard, is_tuned, passes
from suffice.economics.ownership import Terms
from suffice.economics.prospects import TuneDecision
from suffice.economics.rungs import rung_index
from suffice.economics.wording import count, dollars, label, months, seen
from suffice.results import Measured


def tell(
    choice: Choice,
    measured: Sequence[Measured],
    action: str,
    terms: Terms,
    standard: Standard,
) -> str:
    """The verdict in two or three sentences."""
    if choice.chosen is not None:
        return _run(choice.chosen, choice, measured, terms, standard)
    if not measured:
        return "Nothing was measured, so nothing can be recommended."
    best = max(measured, key=lambda m: m.quality)
    bar = f"the bar of {standard.bar:g} (margin {standard.margin:g})"
    if action == "need-more-examples":
        return _undecided(measured, bar)
    return (
        f"Nothing measured is proved to reach {bar}. "
        f"The best was {label(best)}: {seen(best)}. {_way_out(measured)}"
    )


def reasons_of(
    choice: Choice,
    measured: Sequence[Measured],
    terms: Terms,
    standard: Standard,
    tune: TuneDecision | None,
) -> tuple[str, ...]:
    """One sentence for every candidate, and for what was not tried."""
    said = [_about(m, choice, terms, standard) for m in measured]
    if tune is not None:
        said.append(tune.why)
    return tuple(said)


def _run(
    chosen: Measured,
    choice: Choice,
    measured: Sequence[Measured],
    terms: Terms,
    standard: Standard,
) -> str:
    first = (
        f"{_advice(chosen)}: quality {seen(chosen)}, proved against the bar of "
        f"{standard.bar:g} (margin {standard.margin:g})."
    )
    return " ".join(
        [first, _against(chosen, choice, measured, terms), _cost(choice, terms)]
    )


def _advice(chosen: Measured) -> str:
    if chosen.rung == "floor":
        return f"You do not need an LLM: run {chosen.model}"
    if is_tuned(chosen):
        return f"Fine-tune {_base(chosen.model)}"
    return f"Run {label(chosen)}"


def _against(
    chosen: Measured, choice: Choice, measured: Sequence[Measured], terms: Terms
) -> str:
    others = [m for m in choice.acceptable if m is not chosen]
    if others:
        mine, other = (choice.ownership[m.candidate_key] for m in (chosen, others[0]))
        return (
            f"It is the cheapest to own of {len(others) + 1} that passed: "
            f"{dollars(mine.total_usd)} over {terms.horizon_months:g} months; next is "
            f"{label(others[0])} at {dollars(other.total_usd)}."
        )
    place = rung_index(chosen.rung)
    before = [m for m in measured if m is not chosen and rung_index(m.rung) < place]
    if not before:
        return "It is the first rung, so nothing later can be needed."
    best = max(before, key=lambda m: m.quality)
    return f"Nothing before it passed: the best, {label(best)}, reached {seen(best)}."


def _cost(choice: Choice, terms: Terms) -> str:
    assert choice.chosen is not None
    cost = choice.ownership[choice.chosen.candidate_key]
    if cost.usd_per_month is None:
        return (
            f"What it costs is unknown: no price of {choice.chosen.model} is known "
            f"for {terms.on}."
        )
    text = (
        f"At {count(terms.requests_per_month)} requests a month it costs "
        f"{dollars(cost.usd_per_month)} a month"
    )
    if cost.upfront_usd is None:
        text += ", and an unknown sum upfront"
    elif cost.upfront_usd > 0:
        text += f", and {dollars(cost.upfront_usd)} upfront"
    if cost.life_months < terms.horizon_months:
        text += f"; its model is switched off in {months(cost.life_months)}"
    return text + "."


def _undecided(measured: Sequence[Measured], bar: str) -> str:
    open_ = [m for m in measured if m.ruling == "inconclusive"]
    known = [m for m in open_ if m.n_more is not None]
    if not known:
        best = max(open_, key=lambda m: m.quality)
        return (
            f"{label(best)} reached {seen(best)}: too little to prove {bar} on these "
            "examples, too much to rule it out. More test examples would hardly help; "
            "a better candidate would."
        )
    near = min(known, key=lambda m: m.n_more or 0)
    return (
        f"{label(near)} reached {seen(near)}, which neither proves nor rules out "
        f"{bar}. "
        f"About {near.n_more} more test examples would settle it."
    )


def _about(measured: Measured, choice: Choice, terms: Terms, standard: Standard) -> str:
    cost = choice.ownership[measured.candidate_key]
    text = f"{label(measured)}: {measured.ruling}, {seen(measured)}"
    text += f", {dollars(cost.usd_per_month)} a month"
    if cost.life_months <= 0:
        text += f"; its model was already switched off on {terms.on}"
    elif passes(measured, standard) and measured not in choice.acceptable:
        text += (
            "; not chosen, as it was not shown to be as good as the prompt that passed"
        )
    elif not cost.known:
        text += "; a price is unknown, so it could not be compared"
    if measured.n_missing:
        text += f"; {measured.n_missing} calls stayed unanswered"
    return text + "."


def _way_out(measured: Sequence[Measured]) -> str:
    if any(is_tuned(m) for m in measured):
        return "Try another model, more training examples, or a lower bar."
    return "Fine-tuning was not measured; try it, another model, or a lower bar."


def _base(model: str) -> str:
    return model.split(":")[1] if model.startswith("ft:") else model
