"""docs/scorers.md tells of every scorer, and what it shows is a brief."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from suffice.brief import Brief
from suffice.measuring.judge_calibration import read_labels
from suffice.scoring import SCORERS

PAGE = (Path(__file__).parents[2] / "docs/scorers.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S)


@pytest.mark.parametrize("block", blocks("yaml"))
def test_each_example_is_part_of_a_brief(block):
    """A reader pastes it into theirs."""
    base = {"name": "a", "instructions": "x", "examples": "e.jsonl"}

    Brief.model_validate(base | yaml.safe_load(block))


@pytest.mark.parametrize("name", SCORERS)
def test_each_scorer_has_its_row(name):
    """What is not on the page is not found."""
    assert re.search(rf"^\| .*`{name}`.* \|", PAGE, re.M)


def test_the_label_shown_is_one(tmp_path):
    """So is the line of a file of labels."""
    path = tmp_path / "labels.jsonl"
    path.write_text(blocks("json")[0])

    assert [0.0] == [label.score for label in read_labels(str(path))]
