"""What an approval means: who is asked, for how much, and how long it holds."""

from dataclasses import replace
from datetime import date

import pytest

from suffice.brief import Brief
from suffice.economics.approval import Answer, asking, with_budget
from suffice.economics.plan import Plan, Planned
from suffice.economics.recheck import Recheck
from suffice.economics.triggers import Trigger
from suffice.errors import NotApproved, OverBudget
from suffice.stages import approving, recheck_stage
from suffice.stages.climb import Climb
from suffice.stages.recheck_stage import Found


def brief(tmp_path, **fields):
    given = {"name": "one", "instructions": "Do.", "examples": "x.jsonl"}
    return Brief(**given, output=str(tmp_path), **fields)


def plan(usd, known=True):
    row = Planned(
        rung="zero-shot",
        model="m",
        n_calls=10,
        input_tokens=1.0,
        output_tokens=1.0,
        usd=usd if known else None,
        seconds=1.0,
        smallest_provable=None,
    )
    return Plan(rows=(row,), budget_usd=5.0)


def climb(tmp_path, **fields):
    one = brief(tmp_path, **fields)
    return Climb(id="one-1", brief=one, data_fingerprint="d")


@pytest.mark.parametrize(
    ("limit", "usd", "asked"),
    [(None, 4.0, False), (2.0, 2.0, False), (2.0, 2.01, True), (0.0, 0.001, True)],
)
def test_who_sets_no_amount_is_never_asked(tmp_path, limit, usd, asked):
    """The default changes nothing for anyone: the budget alone holds."""
    one = brief(tmp_path, auto_approve_usd=limit)

    assert asked == (asking(plan(usd), one) is not None)


def test_what_is_approved_must_cover_the_plan(tmp_path):
    """A budget that is too small would stop the climb half way, money spent."""
    one = brief(tmp_path, auto_approve_usd=1.0, budget_usd=5.0)
    answer = Answer(approve=True, budget_usd=20.0)

    assert 20.0 == with_budget(plan(8.0), one, answer).budget_usd
    assert 5.0 == with_budget(plan(4.0), one, Answer(approve=True)).budget_usd
    with pytest.raises(OverBudget):
        with_budget(plan(8.0), one, Answer(approve=True))


def test_an_approval_holds_for_the_same_climb_up_to_the_same_cost(tmp_path):
    """A run that was interrupted does not ask again; a dearer one does."""
    one = climb(tmp_path, auto_approve_usd=1.0)
    before = approving.given(one, plan(4.0))
    approved = approving.approved(
        one, plan(4.0), Answer(approve=True, budget_usd=6.0, note="go")
    )

    assert None is before
    assert 6.0 == approved.brief.budget_usd
    assert Answer(approve=True, budget_usd=6.0, note="go") == approving.given(
        one, plan(4.0)
    )
    assert None is approving.given(one, plan(4.5))


def test_where_nobody_can_be_asked_it_says_what_to_do(tmp_path):
    """Cron and CI have no one to press a button."""
    one = climb(tmp_path, auto_approve_usd=1.0)

    with pytest.raises(NotApproved, match="--yes"):
        approving.refuse_unasked(one, plan(4.0))
    with pytest.raises(OverBudget):
        approving.refuse_unasked(one, plan(40.0))


def test_training_alone_is_asked_about_like_a_climb(tmp_path):
    """Whoever is asked must read what for, and which command to give."""
    one = climb(tmp_path, auto_approve_usd=1.0)
    training = replace(plan(4.0), what="training")

    with pytest.raises(NotApproved, match=r"The training may cost .* suffice tune in"):
        approving.refuse_unasked(one, training)
    assert "a climb stops" not in approving.question(one, training)


def test_the_question_says_that_the_budget_has_to_be_raised(tmp_path):
    """Otherwise whoever approves finds out by a failed run."""
    one = climb(tmp_path, auto_approve_usd=1.0, budget_usd=5.0)

    assert "has to raise that" in approving.question(one, plan(8.0))
    assert "has to raise that" not in approving.question(one, plan(4.0))


def found(on, gone):
    saw = f"The model that runs is switched off on {gone}."
    trigger = Trigger(name="retirement", fired=False, saw=saw, day=gone)
    result = Recheck(
        name="one",
        on=on,
        triggers=(trigger,),
        verdict=None,
        changed=False,
        may_flip=False,
        climb_needed=False,
        text="",
        again=None,
    )
    return Found(
        recheck=result,
        flipped=False,
        next_climb=None,
        start=False,
        before=None,
        key="k",
        text="",
    )


def test_a_retirement_is_told_30_7_and_1_days_ahead_and_once_each(tmp_path):
    """Told every night it would be muted; told once it would be forgotten."""
    one, gone, told = brief(tmp_path), date(2027, 1, 31), []
    for day in range(40):
        on = date.fromordinal(gone.toordinal() - 39 + day)
        notice = recheck_stage.retiring(one, found(on, gone))
        if notice:
            told.append(notice.days_left)
            recheck_stage.remember_retiring(one, notice)

    assert [30, 7, 1] == told


@pytest.mark.parametrize("what", ["climb", "training"])
def test_who_refuses_a_training_does_not_read_of_a_climb(tmp_path, what):
    """suffice tune asks too, and a climb that was refused would alarm somebody."""
    planned = replace(plan(8.0), what=what)
    answer = Answer(approve=False, note="not this month")

    assert f"The {what} of one-1 was refused: not this month. Nothing was spent." == (
        approving.told_refused(climb(tmp_path), planned, answer)
    )
