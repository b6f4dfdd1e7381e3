"""What Prefect's pages show of a climb: how far a job is, and the ladder."""

from verdicts import verdict_on

from suffice.results import Measured
from suffice.stages.publishing import table
from suffice.tuning.watching import Progress


def test_a_job_that_has_ended_early_is_done():
    """A page that stays at 62 % of a job that succeeded is read as a job that hangs."""
    ended = Progress(job_id="j", status="succeeded", step=65, total_steps=104)
    going = Progress(job_id="j", status="running", step=65, total_steps=104)

    assert (100.0, 62.5) == (ended.percent, going.percent)


def test_the_ladder_says_of_which_rung_a_candidate_is():
    """In a table, *label definitions* alone does not say that it is a prompt."""
    measured = Measured(
        rung="optimised-prompt",
        name="label definitions, 8 examples",
        model="m",
        candidate_key="k",
        ruling="passed",
        n=20,
        n_available=27,
        quality=0.9,
        quality_low=0.8,
        quality_high=0.95,
        usd_per_request=0.001,
    )
    row = table(verdict_on(measured))[0]

    assert "optimised-prompt: label definitions, 8 examples" == row["candidate"]
    assert ["candidate", "quality", "ruling"] == list(row)[:3]
