"""What was trained on can be looked at years later, and is what it was."""

from __future__ import annotations

import pytest
from tuning_parts import TRAINING

from suffice.errors import EnvironmentFailed
from suffice.tuning.job import digest
from suffice.tuning.kept_files import is_whole, keep_file


def test_a_file_lies_under_its_digest_once(tmp_path):
    """The ledger names the digest, so the file can be found by it."""
    kept = [keep_file(tmp_path / "training", TRAINING) for _ in range(2)]

    assert [f"{digest(TRAINING)}.jsonl"] == sorted({p.name for p in kept})
    assert TRAINING == kept[0].read_bytes()


def test_a_damaged_one_is_put_there_anew(tmp_path):
    """Its name would vouch for what nobody trained on."""
    path = keep_file(tmp_path, TRAINING)
    path.write_bytes(TRAINING[:-5])
    damaged = is_whole(path)
    keep_file(tmp_path, TRAINING)

    assert (False, True) == (damaged, is_whole(path))


def test_where_it_cannot_be_kept_nothing_is_paid(tmp_path):
    """It comes before the upload: what cannot be kept is not trained on."""
    (tmp_path / "training").write_text("a file, no folder")

    with pytest.raises(EnvironmentFailed, match="training"):
        keep_file(tmp_path / "training", TRAINING)
