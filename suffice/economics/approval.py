"""
Approval: a plan above the brief's ``auto_approve_usd`` waits for a person.

What they are asked, and what their answer means for the budget; who asks, and how the
climb waits, is elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from suffice.brief import Brief
from suffice.economics.plan import Plan, refuse_over_budget
from suffice.economics.wording import count, dollars


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a person said to a plan."""

    approve: bool
    budget_usd: float | None = None
    """The climb's new budget; ``None``: the brief's."""
    note: str = ""


def asking(planned: Plan, brief: Brief) -> str | None:
    """The sentence that asks for approval; ``None`` where nobody is to be asked."""
    limit = brief.auto_approve_usd
    if limit is None or planned.usd <= limit:
        return None
    cost = f"The {planned.what} may cost up to {dollars(planned.usd)}"
    calls = f" ({count(planned.n_calls)} calls)" if planned.n_calls else ""
    text = (
        f"{cost}{calls}, more than auto_approve_usd "
        f"({dollars(limit)}) lets through: a person has to approve it."
    )
    if planned.usd > brief.budget_usd:
        text += (
            f" It is also more than budget_usd ({dollars(brief.budget_usd)}): who "
            "approves it has to raise that."
        )
    return text


def with_budget(planned: Plan, brief: Brief, answer: Answer) -> Brief:
    """
    The approved brief, with the budget that was granted.

    Raises `OverBudget` when the plan exceeds that budget too.
    """
    if answer.budget_usd is not None:
        brief = brief.model_copy(update={"budget_usd": answer.budget_usd})
    refuse_over_budget(planned, brief)
    return brief
