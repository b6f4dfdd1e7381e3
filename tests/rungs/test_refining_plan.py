"""What follows a tuning job is in the plan, before it is paid for."""

from __future__ import annotations

from rung_cases import SPLIT

from suffice.brief import Endpoint as Address
from suffice.brief import Models, Tuning
from suffice.stages.planning import plan


def rows(serve, climb_of, **tuning):
    endpoint = serve(lambda _: "x")
    models = Models(endpoint=Address(base_url=endpoint.url), base=("m",), tunable="m")
    climb = climb_of(
        endpoint, models=models, rungs=("fine-tuned",), tuning=Tuning(**tuning)
    )
    return {row.rung: row for row in plan(climb).rows}


def test_checkpoints_and_probes_are_calls_of_the_plan(serve, climb_of):
    """Three checkpoints, and the one of least loss, answer dev."""
    found = rows(serve, climb_of)

    assert 4 * len(SPLIT.dev) == found["fine-tuned, chosen"].n_calls
    assert 120 == found["probes"].n_calls
    assert 0.0 == found["fine-tuned, chosen"].trained_tokens
    assert found["probes"].usd > 0


def test_a_search_trains_the_other_recipes_too(serve, climb_of):
    """Each is a paid job; the third makes twice the passes."""
    found = rows(serve, climb_of, search=3)
    once = found["fine-tuned"].trained_tokens

    assert 3 * once == found["fine-tuned, chosen"].trained_tokens
    assert 12 * len(SPLIT.dev) == found["fine-tuned, chosen"].n_calls


def test_without_them_nothing_is_planned(serve, climb_of):
    """A plan of what will not happen would refuse what could be paid."""
    found = rows(serve, climb_of, checkpoints=1, probes=False)

    assert {"fine-tuned"} == set(found)
