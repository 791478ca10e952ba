"""Which files of a data set were changed after they were read."""

import os
import time

import numpy as np
import pytest
from PIL import Image

from nnabla_influence.dataset.changed_files import changed_files
from nnabla_influence.dataset.dataset import Dataset


@pytest.fixture
def data(tmp_path):
    for name in "abc":
        Image.fromarray(np.full((2, 2), ord(name), np.uint8)).save(str(tmp_path / f"{name}.png"))
    (tmp_path / "d.csv").write_text("x:image,v,y\na.png,1,0\nb.png,2,1\nc.png,3,0\na.png,4,1\n", encoding="utf-8")
    time.sleep(0.02)  # the system's clock of files is a few milliseconds behind
    data = Dataset.from_csv(tmp_path / "d.csv", data_cache=tmp_path / "decoded")
    time.sleep(0.02)
    return data


def found(data):
    return [(path.name, how) for path, how in changed_files(data.table, data.read_at)]


def test_what_is_as_it_was_is_not_named(data, tmp_path):
    assert found(data) == []
    (tmp_path / "somebody's.png").write_bytes(b"x")
    assert found(data) == []


def test_a_file_that_was_written_replaced_or_deleted_is_named_once(data, tmp_path):
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes())
    os.replace(str(tmp_path / "b.png"), str(tmp_path / "b2.png"))
    assert found(data) == [("a.png", "changed"), ("b.png", "deleted")]
    os.replace(str(tmp_path / "b2.png"), str(tmp_path / "b.png"))
    (tmp_path / "d.csv").unlink()
    assert found(data) == [("d.csv", "deleted"), ("a.png", "changed"), ("b.png", "changed")]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no time of change")
def test_a_time_that_was_set_back_does_not_hide_a_change(data, tmp_path):
    (tmp_path / "c.png").write_bytes(b"other")
    os.utime(str(tmp_path / "c.png"), (1, 1))
    assert found(data) == [("c.png", "changed")]
