"""A brief is refused with the file, the line, the key and the value."""

import pytest

from suffice.brief_io import load_brief
from suffice.errors import BadBrief

GOOD = "name: support\ninstructions: Sort it.\nexamples: train.jsonl\n"


def write(folder, text):
    path = folder / "brief.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_are_relative_to_the_brief(tmp_path):
    """A brief and its data travel together, wherever the command is given."""
    brief = load_brief(write(tmp_path, GOOD))

    assert str(tmp_path / "train.jsonl") == brief.examples


def test_an_s3_url_stays_as_it_is(tmp_path):
    """Only local paths are moved."""
    text = GOOD.replace("train.jsonl", "s3://bucket/train.jsonl")

    assert "s3://bucket/train.jsonl" == load_brief(write(tmp_path, text)).examples


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD + "bar: 1.5\n", ":4: 'bar' cannot be 1.5"),
        (GOOD + "bra: 0.9\n", ":4: 'bra' is not a key of a brief"),
        (GOOD + "name: other\n", ":4: 'name' is given twice, first in line 1"),
        (GOOD + "models:\n  endpoint:\n    key: x\n", ":6: 'models.endpoint.key'"),
        (GOOD + "rungs: [floor, magic]\n", "'rungs.1' cannot be 'magic'"),
        ("name: support\n", "'instructions' is missing"),
        ("- a list\n", ":1: a brief is a list of 'key: value' lines"),
        ("name: [", "this is not YAML"),
        ("", "a brief is a list of 'key: value' lines"),
        (GOOD.replace("support", "Über uns"), ":1: 'name' cannot be 'Über uns'"),
    ],
)
def test_a_bad_brief_is_one_sentence(tmp_path, text, expected):
    """Whoever reads it at 2 a.m. must know which line to change."""
    path = write(tmp_path, text)

    with pytest.raises(BadBrief) as caught:
        load_brief(path)

    assert expected in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    """The commonest mistake of all."""
    with pytest.raises(BadBrief, match=r"nowhere\.yaml"):
        load_brief(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("scorer: chef\n", ":4: 'scorer' cannot be 'chef': it must be one of exact"),
        ("scorer:\n- scorer: exact\n  wait: 2\n", ":6: 'scorer.0.wait' is not a key"),
        ("scorer:\n- {scorer: exact, weight: 0}\n", ":5: 'scorer.0.weight' cannot be"),
        ("scorer: judge\n", "'judge' cannot be None: the scorer judge needs a model"),
        ("judge: {mode: rubric}\n", ":4: 'judge.model' is missing"),
    ],
)
def test_a_scorer_that_cannot_be_used_is_explained(tmp_path, text, expected):
    """One scorer or several: the line and the key that are wrong are named."""
    with pytest.raises(BadBrief) as caught:
        load_brief(write(tmp_path, GOOD + text))

    assert expected in str(caught.value)


def test_several_scorers_and_the_labels_of_people_are_read(tmp_path):
    """Paths are relative to the brief, as everywhere in it."""
    text = (
        GOOD + "scorer: [{scorer: judge, weight: 2}, {scorer: exact}]\n"
        "judge: {model: gpt-5, human_labels: people.jsonl}\n"
    )
    brief = load_brief(write(tmp_path, text))

    assert [("judge", 2.0), ("exact", 1.0)] == [
        (part.scorer, part.weight) for part in brief.scorer
    ]
    assert str(tmp_path / "people.jsonl") == brief.judge.human_labels
