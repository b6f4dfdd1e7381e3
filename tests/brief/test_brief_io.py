"""A brief is refused with the file, the line, the key and the value."""

from pathlib import Path

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


def refusal(tmp_path, text):
    """What is said of a good brief with *text* after it."""
    with pytest.raises(BadBrief) as caught:
        load_brief(write(tmp_path, GOOD + text))
    return str(caught.value)


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
    assert expected in refusal(tmp_path, text)


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD + "? [a]\n: 1\n", ":4: a list is no key"),
        (GOOD + "1: 2\n", ":4: '1' is no key"),
        (GOOD + "bar: !high 1\n", ":4: this is not YAML: could not determine"),
        (GOOD + "store: 2026-02-31\n", "a value cannot be read (day is out of range"),
        (GOOD + "seed: " + "9" * 5000, "a value cannot be read"),
        (GOOD + "price_rows: " + "[" * 3000 + "]" * 3000, "go too deep"),
        (GOOD + "price_rows: &a [*a]\n", "go too deep"),
    ],
)
def test_yaml_that_python_cannot_hold_is_one_sentence(tmp_path, text, expected):
    """A traceback of somebody else's library tells nobody which line to change."""
    with pytest.raises(BadBrief) as caught:
        load_brief(write(tmp_path, text))

    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bar: 0.02\n", "'margin' cannot be 0.03: the bar is 0.02, and whatever"),
        ("bar: true\n", "'bar' cannot be True: it must be a number"),
        ("budget_usd: .inf\n", "'budget_usd' cannot be inf"),
        ("horizon_months: .inf\n", "'horizon_months' cannot be inf"),
        ("costs: {growth_uncertainty: .nan}\n", "'costs.growth_uncertainty'"),
        ("seed: -1\n", "'seed' cannot be -1"),
        ("max_output_tokens: 99999999999\n", "'max_output_tokens' cannot be 9999"),
        ("output: ''\n", "'output' cannot be ''"),
        ("rungs: [floor, floor]\n", "'rungs' cannot be ['floor', 'floor']: 'floor' is"),
        ("rungs: rag\n", "'rungs' cannot be 'rag': it must be a list, such as"),
        ("models: {base: [a, a]}\n", "'models.base' cannot be ['a', 'a']: 'a' is in"),
        ("models: {base: ['']}\n", "'models.base.0' cannot be ''"),
        ("models: {endpoint: {base_url: api.x.com}}\n", "it must be an address"),
        (
            "models: {endpoint: {base_url: 'http://x:99999/'}}\n",
            "it must be an address",
        ),
        ("models: {endpoint: {api_key_env: my key}}\n", "api_key_env' cannot be"),
        ("chunks: {tokens: 40, overlap_tokens: 40}\n", "it must be smaller"),
        ("scorer: 'regex ['\n", "its pattern is no regular expression"),
        ("answer_schema: [1]\n", "'answer_schema' cannot be [1]"),
    ],
)
def test_a_value_that_could_only_mislead_is_refused(tmp_path, text, expected):
    """Each was taken in silence once, and came out as a wrong or a late answer."""
    assert expected in refusal(tmp_path, text)


def test_only_complaints_are_counted(tmp_path):
    """What follows from the first complaint is nothing more to mend."""
    assert "more after this one" not in refusal(tmp_path, "bar: 2\n")


def test_an_empty_text_means_that_nothing_is_said(tmp_path):
    """Templates and forms write it where the field is left empty."""
    text = GOOD + "test_examples: ''\nmodels: {tunable: '', endpoint: {base_url: ''}}\n"
    brief = load_brief(write(tmp_path, text))

    assert brief.test_examples is None
    assert brief.models.tunable is None
    assert brief.models.endpoint.base_url is None


def test_the_home_folder_may_be_written_as_a_tilde(tmp_path):
    """As everywhere else in a shell; a folder called "~" is nobody's wish."""
    brief = load_brief(write(tmp_path, GOOD + "output: ~/out\n"))

    assert str(Path.home() / "out") == brief.output
