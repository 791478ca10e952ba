"""The fingerprint of a data set: what changes it, what does not, and which files are read for it."""

import contextlib
import os
import time

import numpy as np
import pytest

from nnabla_influence.dataset import decoded_files, fingerprint
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import DataError


def age(folder, seconds=60):
    """Set all modification times back, so that they count as certain."""
    then = time.time() - seconds
    for path in folder.path.rglob("*"):
        os.utime(str(path), (then, then))


class Calls:
    """Counts how often a function of a module is called."""

    def __init__(self, monkeypatch, module, name):
        self.count = 0
        original = getattr(module, name)

        def counted(*arguments, **keywords):
            self.count += 1
            return original(*arguments, **keywords)

        monkeypatch.setattr(module, name, counted)


def test_fingerprints_of_arrays_cover_names_shapes_and_values():
    values = np.arange(4.0)
    prints = {
        Dataset.from_arrays(arrays).fingerprint
        for arrays in ({"x": values}, {"z": values}, {"x": values.reshape(2, 2)}, {"x": values[::-1]})
    }
    assert len(prints) == 4
    assert Dataset.from_arrays({"x": values}).fingerprint == Dataset.from_arrays({"x": [0, 1, 2, 3]}).fingerprint


def edit(folder, name, change):
    path = folder.path / name
    path.write_bytes(change(path.read_bytes()))


SAME = {
    "the folder is renamed": lambda folder: folder.path.rename(folder.path.with_name("もう一つ")),
    "a file is renamed": lambda folder: (
        (folder.path / "画像/no 0.png").rename(folder.path / "z.png"),
        edit(folder, "データ.csv", lambda text: text.replace("画像/no 0.png".encode(), b"z.png")),
    ),
    "a number is spelled differently": lambda folder: edit(
        folder, "データ.csv", lambda text: text.replace(b"png,2", b"png,2.0")
    ),
    "line ends and BOM": lambda folder: edit(
        folder, "データ.csv", lambda text: b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n")
    ),
    "another label for people": lambda folder: edit(
        folder, "データ.csv", lambda text: text.replace(b"y:label", b"y:class")
    ),
}


OTHER = {
    "a label": lambda folder: edit(folder, "データ.csv", lambda text: text.replace(b"5.png,2", b"5.png,1")),
    "a pixel": lambda folder: folder.image("画像/no 0.png", np.zeros((4, 4), dtype=np.uint8)),
    "a variable's name": lambda folder: edit(folder, "データ.csv", lambda text: text.replace(b"y:label", b"t:label")),
    "the order of rows": lambda folder: edit(
        folder, "データ.csv", lambda text: b"\n".join([text.split(b"\n")[0], *text.split(b"\n")[:0:-1][1:], b""])
    ),
    "a row less": lambda folder: edit(folder, "データ.csv", lambda text: b"\n".join(text.strip().split(b"\n")[:-1])),
}


def fingerprint_after(folder, change):
    change(folder)
    folder.path = folder.path.parent / "もう一つ" if not folder.path.exists() else folder.path
    return folder.read(folder.path / "データ.csv").fingerprint


@pytest.mark.parametrize("case", SAME, ids=str)
def test_the_fingerprint_stays_when(folder, case):
    before = folder.read(folder.digits()).fingerprint
    assert len(before) == 64 and fingerprint_after(folder, SAME[case]) == before


@pytest.mark.parametrize("case", OTHER, ids=str)
def test_the_fingerprint_changes_with(folder, case):
    before = folder.read(folder.digits()).fingerprint
    assert fingerprint_after(folder, OTHER[case]) != before


def test_settings_count_only_if_there_are_images(folder):
    images, numbers = folder.digits(), folder.csv("x\n1\n", "numbers.csv")
    settings = ({}, {"image_size": (3, 3)}, {"image_size": (4, 4)}, {"normalize": False})
    assert len({folder.read(images, **each).fingerprint for each in settings}) == 4
    assert len({folder.read(numbers, **each).fingerprint for each in settings}) == 1


def test_comments_do_not_count(folder):
    first = folder.read(folder.csv("#a,x\nfoo,1\n")).fingerprint
    assert folder.read(folder.csv("x,#b\n1,bar\n")).fingerprint == first


def test_the_second_run_neither_decodes_nor_reads(folder, monkeypatch):
    csv = folder.digits(count=5)
    age(folder)
    decoded = Calls(monkeypatch, decoded_files, "decode")
    hashed = Calls(monkeypatch, fingerprint.FileIndex, "hash")
    steps = []
    first = folder.read(csv, progress=lambda done, total: steps.append((done, total)))
    assert (decoded.count, hashed.count) == (5, 5) and steps == [(done, 10) for done in range(1, 11)]
    steps.clear()
    second = folder.read(csv, progress=lambda done, total: steps.append((done, total)))
    assert (decoded.count, hashed.count) == (5, 5) and steps == []
    np.testing.assert_array_equal(second.batch(range(5))["x"], first.batch(range(5))["x"])


def test_a_file_changed_in_size_or_time_is_read_again(folder, monkeypatch):
    csv = folder.digits(count=5)
    age(folder)
    folder.read(csv)
    hashed = Calls(monkeypatch, fingerprint.FileIndex, "hash")
    folder.image("画像/no 3.png", np.zeros((4, 4), dtype=np.uint8))
    assert folder.read(csv).batch([3])["x"].max() == 0
    assert hashed.count == 1


def test_a_file_changed_just_now_is_not_trusted(folder, monkeypatch):
    """A second change within the clock's resolution would leave size and time as they are."""
    csv = folder.digits(count=5)
    folder.read(csv)
    hashed = Calls(monkeypatch, fingerprint.FileIndex, "hash")
    folder.read(csv)
    assert hashed.count == 5


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 1}', b'{"format": 1, "files": {"a": 3}}', b"\xff"])
def test_a_broken_index_is_made_again(folder, monkeypatch, content):
    csv = folder.digits(count=5)
    age(folder)
    expected = folder.read(csv).fingerprint
    (index,) = (folder.cache / "index").iterdir()
    index.write_bytes(content)
    assert folder.read(csv).fingerprint == expected
    hashed = Calls(monkeypatch, fingerprint.FileIndex, "hash")
    folder.read(csv)
    assert hashed.count == 0


def test_one_file_in_many_rows_is_read_once_for_its_hash(folder, monkeypatch):
    name = folder.image("a.png", np.zeros((2, 2), dtype=np.uint8))
    hashed = Calls(monkeypatch, fingerprint.FileIndex, "hash")
    data = folder.read(folder.csv("x,y\n" + "{},0\n".format(name) * 9))
    assert hashed.count == 1 and data.shapes["x"] == (1, 2, 2) and len(data) == 9


def test_a_moved_data_set_is_not_decoded_again(folder, monkeypatch):
    folder.read(folder.digits())
    decoded = Calls(monkeypatch, decoded_files, "decode")
    moved = folder.path.with_name("moved")
    folder.path.rename(moved)
    folder.read(moved / "データ.csv")
    assert decoded.count == 0


@pytest.fixture
def known(folder, monkeypatch):
    """A data set whose files are known, and what counts how many of them are hashed."""
    csv = folder.digits()
    age(folder)
    folder.read(csv)
    return csv, Calls(monkeypatch, fingerprint.FileIndex, "hash")


def other_pixels(path):
    """Other bytes of the same length: the last pixels of a picture, as far as its decoder cares."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    return bytes(data)


@pytest.mark.parametrize("replaces", [True, False], ids=["another file", "the same file"])
def test_a_picture_of_the_same_size_and_time_is_another_picture(folder, known, replaces):
    csv, calls = known
    path = folder.path / "画像" / "no 0.png"
    before, data = os.stat(str(path)), other_pixels(path)
    if replaces:
        (folder.path / "new.png").write_bytes(data)
        os.replace(str(folder.path / "new.png"), str(path))
    else:
        path.write_bytes(data)
    os.utime(str(path), ns=(before.st_atime_ns, before.st_mtime_ns))
    after = os.stat(str(path))
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    with contextlib.suppress(DataError):  # the flipped bit may have broken the picture, which is noticed too
        folder.read(csv)
    assert calls.count == 1


def test_known_files_are_hashed_again_after_a_week(folder, known, monkeypatch):
    csv, calls = known
    folder.read(csv)
    assert calls.count == 0
    now = time.time()
    monkeypatch.setattr(fingerprint.time, "time", lambda: now + fingerprint.RECHECK + 1)
    folder.read(csv)
    assert calls.count == len(list(folder.path.rglob("*.png")))
    monkeypatch.setattr(fingerprint.time, "time", lambda: now - 100)  # a clock that was put back
    folder.read(csv)
    assert calls.count == 2 * len(list(folder.path.rglob("*.png")))
