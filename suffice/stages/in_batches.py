"""
A candidate's test asked in batches, until they settle it; the judge's verdicts too.

Answers and verdicts go into the store; what is concluded is worked out from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from suffice.candidates import Candidate
from suffice.measuring.asking import Asked
from suffice.measuring.batched import verdicts_wanted, wanted
from suffice.measuring.calls import Desk
from suffice.measuring.measure import settled_by
from suffice.scoring import parts
from suffice.stages.batches import Post, asked, earlier, post_office
from suffice.stages.climb import Climb, ledger_of
from suffice.stages.scoring import judge_of, judges_desk
from suffice.stages.table import today
from suffice.statistics.designs import Design
from suffice.tuning.ledger import Ledger


def ask_in_batches(
    climb: Climb, candidate: Candidate, design: Design, desk: Desk
) -> Asked:
    """
    Have the test examples answered, batch by batch, until they settle it.

    Where the brief's judge may be asked in batches, each batch of answers is followed
    by one of verdicts.  Requests that fail in a batch are left to be asked singly.
    Raises `OverBudget` before a batch that the budget does not bear or whose price is
    unknown, `JobUnresolved` when one is late.
    """
    endpoint, test = climb.brief.models.endpoint, climb.split.test
    size, model = endpoint.batch_examples, candidate.model
    with (
        Ledger(ledger_of(climb.brief)) as ledger,
        post_office(climb, endpoint, model, ledger=ledger, desk=desk) as post,
        _judges_post(climb, ledger, desk) as judges,
    ):
        got, judged = earlier(post), earlier(judges) if judges else []
        for stop in range(size, len(test) + size, size):
            part = test[stop - size : stop]
            got += asked(post, wanted(candidate, part, desk))
            if judges is not None:
                judge = judge_of(climb.brief)
                verdicts = verdicts_wanted(candidate, part, desk, judge, judges.desk)
                judged += asked(judges, verdicts)
            if settled_by(candidate, test, stop, design=design, desk=desk):
                break
    return Asked(outcomes=(), spent_usd=sum(got) + sum(judged), n_calls=len(got))


@contextmanager
def _judges_post(climb: Climb, ledger: Ledger, desk: Desk) -> Iterator[Post | None]:
    """Where verdicts are asked for in batches; ``None`` where they are not."""
    brief = climb.brief
    if not any(part.scorer == "judge" for part in parts(brief.scorer)):
        yield None
        return
    judge = judge_of(brief)
    endpoint = judge.endpoint or brief.models.endpoint
    if not endpoint.batch or desk.store is None or desk.budget is None:
        yield None
        return
    there = judges_desk(brief, today(), store=desk.store, budget=desk.budget)
    with post_office(climb, endpoint, judge.model, ledger=ledger, desk=there) as post:
        yield post
