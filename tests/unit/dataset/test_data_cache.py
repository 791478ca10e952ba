"""The data cache as a whole: where it is, what is in it, and what clearing it removes."""

import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from nnabla_influence.dataset.data_cache import clear_data_cache, default_data_cache, list_data_cache


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def test_listing(folder):
    assert list_data_cache(folder.cache) == []
    images, numbers = folder.read(folder.digits()), folder.read(folder.csv("x\n1\n2\n", "表.csv"))
    folder.read(folder.digits(count=9, seed=1))
    entries = list_data_cache(folder.cache)
    assert len(entries) == 3
    (entry,) = [entry for entry in entries if entry.fingerprint == numbers.fingerprint]
    assert entry.csv == str(folder.path / "表.csv") and entry.rows == 2
    assert entry.bytes == sum(path.stat().st_size for path in (folder.cache / entry.fingerprint).glob("*.npy"))
    cut(folder.cache / images.fingerprint / "dataset.json")
    assert len(list_data_cache(folder.cache)) == 2


def test_clearing_removes_only_its_own(folder):
    assert clear_data_cache(folder.cache) == 0
    data = folder.read(folder.digits())
    cut(folder.cache / data.fingerprint / "dataset.json")
    (folder.cache / "partial-killed").mkdir()
    (folder.cache / "partial-killed" / "0.npy").write_bytes(b"x")
    foreign = ["notes.txt", "my folder/0.npy", data.fingerprint + "/mine.txt", "index/mine.txt", "f" * 64]
    for name in foreign:
        (folder.cache / name).parent.mkdir(exist_ok=True)
        (folder.cache / name).write_bytes(b"precious")
    before = sum((folder.cache / name).stat().st_size for name in tree(folder.cache))
    assert clear_data_cache(folder.cache) == before - len(foreign) * len(b"precious")
    assert tree(folder.cache) == sorted(foreign)


def test_clearing_leaves_an_empty_folder(folder):
    data = folder.read(folder.digits())
    sample = data.batch([0])["x"]
    clear_data_cache(folder.cache)
    assert list(folder.cache.iterdir()) == []
    np.testing.assert_array_equal(data.batch([0])["x"], sample)  # still open


def test_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.setenv("NNABLA_INFLUENCE_DATA_CACHE", str(tmp_path / "here"))
    assert default_data_cache() == tmp_path / "here"
    monkeypatch.delenv("NNABLA_INFLUENCE_DATA_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setattr(sys, "platform", "linux")
    assert default_data_cache() == tmp_path / "xdg" / "nnabla_influence" / "data"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_data_cache() == tmp_path / ".cache" / "nnabla_influence" / "data"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert default_data_cache() == tmp_path / "Library" / "Caches" / "nnabla_influence" / "data"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "Local"))
    assert default_data_cache() == tmp_path / "Local" / "nnabla_influence" / "data"


def test_the_default_cache_is_used(folder, monkeypatch, tmp_path):
    from nnabla_influence.dataset.dataset import Dataset

    monkeypatch.setenv("NNABLA_INFLUENCE_DATA_CACHE", str(tmp_path / "default"))
    data = Dataset.from_csv(folder.digits())
    assert (tmp_path / "default" / data.fingerprint / "dataset.json").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has another variable")
@pytest.mark.parametrize("home", ["", "/", "relative"])
def test_without_a_home_nothing_is_written_to_the_root_folder(monkeypatch, home):
    for name in ("NNABLA_INFLUENCE_DATA_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", home)
    monkeypatch.setattr(sys, "platform", "linux")
    folder = default_data_cache()
    assert folder.is_absolute() and Path(tempfile.gettempdir()) in folder.parents
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # to be ignored, says its specification
    assert default_data_cache() == folder
