"""The folder an unfinished run leaves behind."""

import numpy as np
import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import CacheMismatchError
from nnabla_influence.resume import PartialFolder, discard, partial_folder


def test_what_is_saved_is_loaded_and_replaced(tmp_path):
    folder = PartialFolder(tmp_path / "a b.csv", {"seed": 1})
    assert folder.load("progress") is None
    folder.save("progress", {"u": np.arange(3.0)})
    folder.save("progress", {"u": np.arange(4.0), "step": np.int64(7)})
    again = PartialFolder(tmp_path / "a b.csv", {"seed": 1}).load("progress")
    assert again["u"].tolist() == [0, 1, 2, 3] and int(again["step"]) == 7


def test_another_run_is_refused_with_both_settings(tmp_path):
    PartialFolder(tmp_path / "a", {"seed": 1, "method": "m"})
    with pytest.raises(CacheMismatchError, match="seed: 2 / 1") as caught:
        PartialFolder(tmp_path / "a", {"seed": 2, "method": "m"})
    assert caught.value.said(IN_COMMANDS).endswith("go on with it, or remove it with --discard.")


def test_of_hashes_it_says_that_they_differ_not_what_they_are(tmp_path):
    """A training, a network, data: nobody knows them by their hash."""
    ours, theirs = ({"training": digit * 64, "training data": "c" * 64, "at": point} for digit, point in ("af", "bg"))
    PartialFolder(tmp_path / "a", theirs)
    with pytest.raises(CacheMismatchError, match=r"\(yours / its\): at: f / g; training: another\. The same call"):
        PartialFolder(tmp_path / "a", ours)


def test_only_our_folder_is_removed(tmp_path):
    target = tmp_path / "a"
    assert not discard(target)
    partial_folder(target).mkdir()
    (partial_folder(target) / "somebody's.txt").write_text("x")
    assert not discard(target), "it has no passport of ours"
    PartialFolder(tmp_path / "b", {})
    assert discard(tmp_path / "b") and not partial_folder(tmp_path / "b").exists()
