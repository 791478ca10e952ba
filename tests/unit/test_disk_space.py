"""The room on a disk."""

import pytest

from nnabla_influence import disk_space
from nnabla_influence.disk_space import free_bytes, require_room
from nnabla_influence.errors import TooLargeError


def test_a_folder_that_is_yet_to_be_made_has_the_room_of_the_one_above(tmp_path):
    assert abs(free_bytes(tmp_path / "a" / "b") - free_bytes(tmp_path)) < 2**30


def test_what_does_not_fit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(disk_space, "free_bytes", lambda folder: 2048)
    require_room(tmp_path, 2048, "it")
    with pytest.raises(TooLargeError, match="Expected it to fit the 2.0 KiB that are free in .*, but it takes 3.0 KiB"):
        require_room(tmp_path, 3072, "it")


def test_a_system_that_does_not_say_refuses_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(disk_space.shutil, "disk_usage", lambda path: (_ for _ in ()).throw(OSError()))
    require_room(tmp_path, 2**80, "it")
