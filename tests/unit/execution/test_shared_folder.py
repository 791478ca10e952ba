"""Folders for what workers share."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from nnabla_influence.execution.shared_folder import shared_folder
from nnabla_influence.temporary_names import folder_prefix


def test_it_is_gone_at_the_end_with_all_in_it(tmp_path):
    with pytest.raises(KeyboardInterrupt), shared_folder(tmp_path / "new") as folder:
        (folder / "0").mkdir()
        (folder / "0" / "0.npy").touch()
        assert folder.parent == tmp_path / "new"
        raise KeyboardInterrupt
    assert not list((tmp_path / "new").iterdir())


def test_without_a_place_it_lies_among_the_temporary_ones():
    with shared_folder() as folder:
        assert folder.parent == Path(tempfile.gettempdir()) and folder.is_dir()
    assert not folder.exists()


def test_what_killed_processes_left_is_removed_and_nothing_else(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    ours, theirs = tmp_path / f"nnabla_influence-{folder_prefix()}x", tmp_path / "nnabla_influence-somebody"
    abandoned = tmp_path / ours.name.replace(f"-{os.getpid()}-", f"-{ended.pid}-")
    for folder in (ours, theirs, abandoned):
        folder.mkdir()
    (abandoned / "0.npy").touch()
    with shared_folder(tmp_path):
        assert not abandoned.exists()
    assert sorted(tmp_path.iterdir()) == sorted([ours, theirs])
